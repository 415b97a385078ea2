import { createHash } from 'node:crypto';

/** Of the record before the first one. */
export const NO_HASH = Buffer.alloc(0);

/**
 * SQL of what is hashed, beside the hash before it, of a record that is called `row`. Not the network address, which is
 * forgotten with its user and sealed anew with other keys. Never to be changed: what has been hashed stays so.
 */
export function contentOf(row: string): string {
  const at = `to_char(${row}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
  const names = ['actor', 'action', 'target', 'request_id', 'details'].map((column) => `${row}.${column}`);
  return `jsonb_build_array(${[`${row}.sequence`, `${row}.id`, at, ...names].join(', ')})::text`;
}

/** As chain_audit_record() does in the database. */
export function hashOf(previous: Buffer, content: string): Buffer {
  return createHash('sha256').update(previous).update(content).digest();
}
