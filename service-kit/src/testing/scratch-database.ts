import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { migrate, openForMaintenance } from '../maintenance';
import { storeSetting } from './stores';

export interface ScratchDatabase {
  readonly url: string;
  /** A connection of the test's own, beside the app's pool. */
  readonly database: DataSource;
  readonly drop: () => Promise<void>;
}

/** A PostgreSQL database of this test's own, with the schema that `open` brings along. */
export async function createScratchDatabase(
  prefix: string,
  open: (settings: { DATABASE_URL: string; DATABASE_POOL_SIZE: number }) => DataSource,
): Promise<ScratchDatabase> {
  const name = `${prefix}_test_${randomUUID().slice(0, 8)}`;
  const server = await new DataSource({ type: 'postgres', url: storeSetting('TEST_POSTGRES_URL') }).initialize();
  await server.query(`CREATE DATABASE ${name}`);
  const url = new URL(storeSetting('TEST_POSTGRES_URL'));
  url.pathname = `/${name}`;
  const database = await openForMaintenance(open({ DATABASE_URL: url.toString(), DATABASE_POOL_SIZE: 4 }));
  await migrate(database);
  const drop = async () => {
    await database.destroy();
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.destroy();
  };
  return { url: url.toString(), database, drop };
}

/** Every row of every table. */
export async function everythingIn(database: DataSource): Promise<Record<string, unknown[]>> {
  const tables = await database.query<{ name: string }[]>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`,
  );
  const contents: Record<string, unknown[]> = {};
  for (const { name } of tables)
    contents[name] = await database.query(`SELECT to_jsonb(t) AS row FROM "${name}" t ORDER BY 1`);
  return contents;
}
