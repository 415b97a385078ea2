import { requireFrom } from '../local/workspace.mjs';
import { reach } from './refusal.mjs';

// TypeORM keeps here what was run; a restore has it from the app's own migrations.
export const MIGRATIONS = 'migrations';

export function connectPostgres(name, connectionString) {
  const { Client } = requireFrom('users-service', 'pg');
  const connection = {
    connectionString,
    connectionTimeoutMillis: 5_000,
    application_name: 'shop-backup',
    keepAlive: true,
  };
  return reach(`PostgreSQL of ${name}`, async () => {
    const client = new Client(connection);
    client.on('error', () => undefined);
    await client.connect();
    return client;
  });
}

export async function rowsOf(client, text, values) {
  return (await client.query(text, values)).rows;
}

/** The names of the migrations that were run, in their order; none in an empty database. */
export async function migrationsOf(client) {
  const [{ found }] = await rowsOf(client, `SELECT to_regclass('public.${MIGRATIONS}') IS NOT NULL AS found`);
  if (!found) return [];
  return (await rowsOf(client, `SELECT name FROM ${MIGRATIONS} ORDER BY timestamp, id`)).map(({ name }) => name);
}

/** The tables with their columns, each after those that it refers to. */
export async function tablesOf(client) {
  const tables = await rowsOf(
    client,
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns,
       ARRAY(SELECT f.relname::text FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
             WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.confrelid <> c.oid) AS parents
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> $1
     GROUP BY c.oid, c.relname ORDER BY c.relname`,
    [MIGRATIONS],
  );
  const sorted = [];
  while (tables.length > 0) {
    const next = tables.findIndex(({ parents }) => !tables.some(({ name }) => parents.includes(name)));
    if (next === -1) throw new Error('tables refer to each other in a circle');
    const [{ name, columns }] = tables.splice(next, 1);
    sorted.push({ name, columns });
  }
  return sorted;
}

/** All rows of a query, some at a time, within the client's transaction. */
export async function* pagesOf(client, select, size = 500) {
  await client.query(`DECLARE pages NO SCROLL CURSOR FOR ${select}`);
  try {
    for (;;) {
      const rows = await rowsOf(client, `FETCH ${size} FROM pages`);
      if (rows.length === 0) return;
      yield rows;
    }
  } finally {
    await client.query('CLOSE pages').catch(() => undefined);
  }
}

export function quoted(name) {
  return `"${name.replaceAll('"', '""')}"`;
}
