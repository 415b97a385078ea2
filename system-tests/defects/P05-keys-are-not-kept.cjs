const plant = require('./plant.cjs');

plant('orders-service', 'orders/orders.repository', ({ OrdersRepository }) => {
  const { insert } = OrdersRepository.prototype;
  OrdersRepository.prototype.insert = function (order) {
    return insert.call(this, { ...order, idempotencyKey: '' });
  };
});
