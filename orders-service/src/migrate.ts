import type { DataSource } from 'typeorm';
import { readOrdersConfig } from './config';
import { openForMaintenance } from './database';

// Any number, the same in every replica.
const MIGRATION_LOCK = 5051;

/** Brings the schema up to date and says how many steps that took; of several at once, one works and the others wait. */
export async function migrate(database: DataSource): Promise<number> {
  const holder = database.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return (await database.runMigrations({ transaction: 'each' })).length;
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).finally(() => holder.release());
  }
}

async function main(): Promise<void> {
  const database = await openForMaintenance(readOrdersConfig());
  const done = await migrate(database);
  await database.destroy();
  process.stdout.write(`orders-service: ${done} migration(s) run\n`);
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(
      `orders-service cannot migrate: ${error instanceof Error ? error.message : 'unknown error'}\n`,
    );
    process.exit(1);
  });
}
