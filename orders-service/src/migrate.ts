import { readOrdersConfig } from './config';
import { ordersDatabase } from './database';

async function migrate(): Promise<void> {
  const database = await ordersDatabase(readOrdersConfig()).initialize();
  const done = await database.runMigrations({ transaction: 'each' });
  process.stdout.write(`orders-service: ${done.length} migration(s) run\n`);
  await database.destroy();
}

migrate().catch((error: unknown) => {
  process.stderr.write(`orders-service cannot migrate: ${error instanceof Error ? error.message : 'unknown error'}\n`);
  process.exit(1);
});
