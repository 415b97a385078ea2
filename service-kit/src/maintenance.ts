import type { DataSource, QueryRunner } from 'typeorm';

const RETRY_MS = 250;
const PATIENCE_MS = 30_000;
// Any number, the same in every replica: locks are told apart by database.
const MIGRATION_LOCK = 5050;
const BATCH = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

/** For one-shot commands: waits for the database to come, and lets a statement take as long as it needs. */
export async function openForMaintenance(database: DataSource, patienceMs = PATIENCE_MS): Promise<DataSource> {
  const { extra } = database.options as { extra?: object };
  database.setOptions({ extra: { ...extra, statement_timeout: 0, lock_timeout: 0, query_timeout: 0 } });
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      return await database.initialize();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/**
 * Brings the schema up to date, or as far as the migration named `until`, and says how many steps that took; of several at
 * once, one works and the others wait.
 */
export async function migrate(database: DataSource, until?: string): Promise<number> {
  if (until) forgetLaterThan(database, until);
  const holder = database.createQueryRunner();
  try {
    await holder.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return (await database.runMigrations({ transaction: 'each' })).length;
  } finally {
    await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).finally(() => holder.release());
  }
}

function forgetLaterThan(database: DataSource, until: string): void {
  const last = database.migrations.findIndex(({ name }) => name === until);
  if (last === -1) throw new Error(`this version has no migration named ${until}`);
  Object.assign(database, { migrations: database.migrations.slice(0, last + 1) });
}

/** All that `next` finds after the id $1, $2 rows at a time in the order of their ids, so that memory holds one batch. */
export async function inBatches<T extends { readonly id: string }>(
  on: Pick<DataSource | QueryRunner, 'query'>,
  next: string,
  work: (rows: T[]) => Promise<void>,
): Promise<void> {
  let last: T | undefined;
  do {
    const rows = (await on.query(next, [last?.id ?? BEFORE_ALL, BATCH])) as T[];
    if (rows.length > 0) await work(rows);
    last = rows.at(-1);
  } while (last);
}

/** Opens a database, works on it and closes it again. */
export async function withDatabase<T>(database: DataSource, work: (database: DataSource) => Promise<T>): Promise<T> {
  await openForMaintenance(database);
  try {
    return await work(database);
  } finally {
    await database.destroy();
  }
}

/** A program that does one thing: prints what it did, or in one line why it could not, and then exits with 1. */
export function runCommand(name: string, work: () => Promise<string>): void {
  work().then(
    (done) => process.stdout.write(`${name}: ${done}\n`),
    (error: unknown) => {
      process.stderr.write(`${name} failed: ${error instanceof Error ? error.message : 'unknown error'}\n`);
      process.exit(1);
    },
  );
}
