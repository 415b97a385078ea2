const plant = require('./plant.cjs');

for (const app of ['users-service', 'products-service', 'orders-service', 'api-gateway']) {
  plant(app, 'service-kit/shutdown', (shutdown) => {
    shutdown.stopOnSignal = () => process.on('SIGTERM', () => process.exit(0));
  });
}
