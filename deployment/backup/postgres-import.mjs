import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { connectPostgres, migrationsOf, quoted, rowsOf, tablesOf } from './postgres.mjs';

// Numbers that were given out after the backup are not given out again; nobody knows how many those were.
export const GAP = 10_000;

/** A database that is brought back in one transaction: all of it, or it stays as it was. */
export class PostgresTarget {
  static async open(name, url) {
    const target = new PostgresTarget();
    target.name = name;
    target.client = await connectPostgres(name, url);
    return target;
  }

  migrations() {
    return migrationsOf(this.client);
  }

  async isEmpty() {
    for (const { name } of await tablesOf(this.client)) {
      const [{ filled }] = await rowsOf(this.client, `SELECT EXISTS (SELECT 1 FROM ${quoted(name)}) AS filled`);
      if (filled) return false;
    }
    return true;
  }

  /** Names of those who are connected and might write. */
  async apps(names) {
    const sessions = await rowsOf(
      this.client,
      `SELECT DISTINCT application_name AS app FROM pg_stat_activity WHERE datname = current_database() AND application_name = ANY($1)`,
      [names],
    );
    return sessions.map(({ app }) => app);
  }

  /** Forgets the schema, for one of another version to be made. */
  async dropSchema() {
    const tables = await rowsOf(this.client, `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`);
    for (const { name } of tables) await this.client.query(`DROP TABLE ${quoted(name)} CASCADE`);
    const functions = await rowsOf(
      this.client,
      `SELECT oid::regprocedure::text AS signature FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proowner = current_user::regrole`,
    );
    for (const { signature } of functions) await this.client.query(`DROP FUNCTION ${signature} CASCADE`);
  }

  async begin() {
    await this.client.query('BEGIN');
    // Rows come back as they were: the audit trail would be chained anew, in another order.
    await this.#letTriggers('DISABLE');
    const names = (await tablesOf(this.client)).map(({ name }) => quoted(name));
    if (names.length > 0) await this.client.query(`TRUNCATE ${names.join(', ')}`);
  }

  async load({ name, columns }, content) {
    const copy = `COPY ${quoted(name)} (${columns.map(quoted).join(', ')}) FROM STDIN`;
    await pipeline(Readable.from(content), this.client.query(copyFrom(copy)));
  }

  async continueNumbers() {
    const identities = await rowsOf(
      this.client,
      `SELECT c.relname AS table, a.attname AS column FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
       WHERE a.attidentity <> '' AND c.relnamespace = 'public'::regnamespace`,
    );
    for (const { table, column } of identities)
      await this.client.query(
        `SELECT setval(pg_get_serial_sequence($1, $2), coalesce(max(${quoted(column)}), 0) + ${GAP}) FROM ${quoted(table)}`,
        [quoted(table), column],
      );
  }

  async commit() {
    // A table with checks to come cannot be altered.
    await this.client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await this.#letTriggers('ENABLE');
    await this.client.query('COMMIT');
  }

  async close() {
    await this.client.end();
  }

  async #letTriggers(work) {
    for (const { name } of await tablesOf(this.client))
      await this.client.query(`ALTER TABLE ${quoted(name)} ${work} TRIGGER USER`);
  }
}
