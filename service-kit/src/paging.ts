import { DomainError } from './errors';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;
const MAX_PAGE = 10_000;

/** As the contracts' PageRequest. */
interface PageRequestLike {
  readonly limit?: number;
  readonly cursor?: string;
  readonly page?: number;
}

export interface Page {
  readonly limit: number;
  /** The sort key of the last row of the page before: pass it back to `WHERE (…) < (…)`. */
  readonly cursor?: readonly string[];
  /** 1-based, when asked for by number. */
  readonly page?: number;
}

/** @throws DomainError VALIDATION_FAILED for a limit out of 1–100, an unreadable cursor, or cursor and page together. */
export function pageOf(request?: PageRequestLike | null): Page {
  const limit = request?.limit || DEFAULT_LIMIT;
  const page = request?.page || undefined;
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) throw bad('limit', 'limit must be from 1 to 100');
  if (page !== undefined && (!Number.isInteger(page) || page < 1 || page > MAX_PAGE)) {
    throw bad('page', `page must be from 1 to ${MAX_PAGE}`);
  }
  if (page && request?.cursor) throw bad('cursor', 'use either page or cursor');
  return { limit, page, cursor: request?.cursor ? decodeCursor(request.cursor) : undefined };
}

/** An opaque cursor from the sort key of the last row shown. */
export function encodeCursor(values: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(values.map(String))).toString('base64url');
}

/** Of up to `limit + 1` rows: those to show, and the cursor of the page after them, empty on the last. */
export function cutPage<T>(
  rows: readonly T[],
  { limit }: Page,
  keyOf: (row: T) => readonly (string | number)[],
): { shown: T[]; nextCursor: string } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { shown, nextCursor: last === undefined ? '' : encodeCursor(keyOf(last)) };
}

export function offsetOf({ page, limit }: Page): number {
  return page ? (page - 1) * limit : 0;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Ids are compared as text (with the signed-in user's, say), so only the one spelling that we give out is an id. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/**
 * Where a list by time goes on: the time and id of the last row shown.
 * @throws DomainError VALIDATION_FAILED for a cursor of some other list.
 */
export function positionOf({ cursor }: Page): { at: Date; id: string } | undefined {
  if (!cursor) return undefined;
  const [at = '', id = ''] = cursor;
  const time = new Date(at);
  if (cursor.length !== 2 || !(time.getTime() >= 0) || !isUuid(id)) throw bad('cursor', 'cursor is not one of ours');
  return { at: time, id };
}

function decodeCursor(cursor: string): string[] {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(values) && values.length > 0 && values.every((value) => typeof value === 'string')) return values;
  } catch {
    // Falls through to the same answer as any other unreadable cursor.
  }
  throw bad('cursor', 'cursor is not one of ours');
}

function bad(field: string, message: string): DomainError {
  return new DomainError('VALIDATION_FAILED', { fields: [{ field, message }] });
}
