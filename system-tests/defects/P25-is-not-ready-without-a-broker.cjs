const plant = require('./plant.cjs');

for (const app of ['users-service', 'products-service', 'orders-service', 'api-gateway']) {
  plant(app, 'service-kit/health', ({ Health }) => {
    const { add } = Health.prototype;
    Health.prototype.add = function (name, run) {
      add.call(this, name, run);
    };
  });
}
