import type { DataSource } from 'typeorm';
import type { FieldCipher } from './field-encryption';
import { inBatches } from './maintenance';

export interface SealedColumn {
  /** A table whose key is a uuid named id. */
  readonly table: string;
  readonly column: string;
}

interface SealedRow {
  readonly id: string;
  readonly sealed: string;
}

/**
 * Seals anew, with the first key, what an older one has sealed, and says how much that was. A row that changes in the same
 * moment is left as it is: whoever changed it has sealed it.
 */
export async function reseal(
  database: DataSource,
  cipher: FieldCipher,
  { table, column }: SealedColumn,
): Promise<string> {
  const counts = { anew: 0, rows: 0 };
  const next = `SELECT id, ${column} AS sealed FROM ${table} WHERE id > $1 AND ${column} <> '' ORDER BY id LIMIT $2`;
  const sealAnew = async ({ id, sealed }: SealedRow) => {
    const place = { field: `${table}.${column}`, row: id };
    const fresh = cipher.seal(cipher.open(sealed, place), place);
    // One row at a time: a statement that held several could wait for a request that waits for it.
    const [, changed] = await database.query<[unknown[], number]>(
      `UPDATE ${table} SET ${column} = $3 WHERE id = $1 AND ${column} = $2`,
      [id, sealed, fresh],
    );
    counts.anew += changed;
  };
  await inBatches<SealedRow>(database, next, async (rows) => {
    counts.rows += rows.length;
    for (const row of rows) if (!cipher.isCurrent(row.sealed)) await sealAnew(row);
  });
  return `${table}.${column}: ${counts.anew} of ${counts.rows} sealed anew`;
}
