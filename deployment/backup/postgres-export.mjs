import { to as copyTo } from 'pg-copy-streams';
import { connectPostgres, migrationsOf, quoted, rowsOf, tablesOf } from './postgres.mjs';

/** A database as it is at one moment, however long it takes to read it. */
export class PostgresSnapshot {
  #client;

  static async open(name, url) {
    const snapshot = new PostgresSnapshot();
    snapshot.name = name;
    snapshot.#client = await connectPostgres(name, url);
    try {
      await snapshot.#client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      // The first query fixes the moment.
      const [{ now }] = await rowsOf(snapshot.#client, 'SELECT clock_timestamp() AS now');
      snapshot.takenAt = now.toISOString();
    } catch (error) {
      await snapshot.close();
      throw error;
    }
    return snapshot;
  }

  async describe() {
    this.tables = await tablesOf(this.#client);
    return {
      takenAt: this.takenAt,
      migrations: await migrationsOf(this.#client),
      tables: this.tables,
      sealed: await this.#sealedFields(),
    };
  }

  async writeTo(archive) {
    for (const { name, columns } of this.tables) {
      const select = `COPY ${quoted(name)} (${columns.map(quoted).join(', ')}) TO STDOUT`;
      await archive.part(`${this.name}/${name}`, this.#client.query(copyTo(select)));
    }
  }

  async close() {
    await this.#client.end();
  }

  /** Which keys this needs: their names, and one value for each, to be tried before anything is replaced. Never a key. */
  async #sealedFields() {
    const found = [];
    for (const { name: table, columns } of this.tables) {
      for (const column of columns.filter((each) => each.endsWith('_sealed'))) {
        const sealed = quoted(column);
        const header = `translate(split_part(${sealed}, '.', 1), '-_', '+/')`;
        const decoded = `convert_from(decode(rpad(${header}, (length(${header}) + 3) / 4 * 4, '='), 'base64'), 'utf8')::jsonb`;
        const samples = await rowsOf(
          this.#client,
          `SELECT ${decoded}->>'kid' AS key, min(${sealed}) AS sample FROM ${quoted(table)} WHERE ${sealed} <> '' GROUP BY 1`,
        );
        found.push(...samples.map((each) => ({ field: `${table}.${column}`, ...each })));
      }
    }
    return found;
  }
}
