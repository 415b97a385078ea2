import { readUsersConfig } from './config';
import { usersDatabase } from './database';

async function migrate(): Promise<void> {
  const database = await usersDatabase(readUsersConfig()).initialize();
  const done = await database.runMigrations({ transaction: 'each' });
  process.stdout.write(`users-service: ${done.length} migration(s) run\n`);
  await database.destroy();
}

migrate().catch((error: unknown) => {
  process.stderr.write(`users-service cannot migrate: ${error instanceof Error ? error.message : 'unknown error'}\n`);
  process.exit(1);
});
