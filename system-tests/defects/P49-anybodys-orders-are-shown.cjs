const plant = require('./plant.cjs');

plant('orders-service', 'orders/orders.repository', ({ OrdersRepository }) => {
  OrdersRepository.prototype.getFor = function (_user, id) {
    return this.get(id);
  };
});
