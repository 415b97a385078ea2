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
