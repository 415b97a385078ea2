const plant = require('./plant.cjs');

plant('products-service', 'service-kit/index', ({ EventBus }) => {
  EventBus.prototype.rebuild = () => undefined;
});
