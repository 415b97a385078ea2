const plant = require('./plant.cjs');

for (const app of ['users-service', 'orders-service']) {
  plant(app, 'service-kit/postgres', ({ PostgresConnection }) => {
    PostgresConnection.prototype.keepTrying = async function () {
      await this.database.initialize().catch(() => process.exit(1));
    };
  });
}
