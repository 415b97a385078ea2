import type { DataSource } from 'typeorm';

/** All rows of all tables, as text. */
export async function dumpOf(database: DataSource): Promise<string> {
  const tables = await database.query<{ name: string }[]>(
    "SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public'",
  );
  const rows = [];
  for (const { name } of tables) rows.push(...(await database.query(`SELECT t::text FROM ${name} t`)));
  return JSON.stringify(rows);
}

/** The files of a table and its indexes as they are on the disk, with what no row shows any more. */
export async function filesOf(database: DataSource, table: string): Promise<string> {
  await database.query('CHECKPOINT');
  const files = await database.query<{ bytes: Buffer | null }[]>(
    `SELECT pg_read_binary_file(pg_relation_filepath(c.oid), 0, 100000000, true) AS bytes FROM pg_class c
     WHERE c.oid = $1::regclass OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = $1::regclass)`,
    [table],
  );
  return files.map(({ bytes }) => bytes?.toString('latin1') ?? '').join('\n');
}
