import type { DataSource } from 'typeorm';

const BATCH = 5000;

interface OldRows {
  readonly table: string;
  /** A column with an index. */
  readonly column: string;
  /** As PostgreSQL writes it: '24 hours'. */
  readonly olderThan: string;
}

/**
 * Deletes at most 5,000 of a table's old rows, those that nobody else is at work on: one statement for all of them would
 * outlive its deadline once there are many. True when there may be more.
 */
export async function deleteOldRows(database: DataSource, { table, column, olderThan }: OldRows): Promise<boolean> {
  const [, deleted] = await database.query<[unknown[], number]>(
    `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM ${table} WHERE ${column} < now() - $1::interval
       ORDER BY ${column} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))`,
    [olderThan],
  );
  return deleted === BATCH;
}
