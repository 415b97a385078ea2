import { DomainError, type Page } from '@shop/service-kit';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Ids are compared as text (with the signed-in user's, say), so only the one spelling that we give out is an id. */
export function isId(text: string): boolean {
  return UUID.test(text);
}

/**
 * Where a list goes on: the time and id of the last row shown.
 * @throws DomainError VALIDATION_FAILED for a cursor of some other list.
 */
export function positionOf({ cursor }: Page): { at: Date; id: string } | undefined {
  if (!cursor) return undefined;
  const [at = '', id = ''] = cursor;
  const time = new Date(at);
  if (cursor.length !== 2 || !(time.getTime() >= 0) || !isId(id)) {
    throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'cursor', message: 'cursor is not one of ours' }] });
  }
  return { at: time, id };
}

export function offsetOf({ page, limit }: Page): number {
  return page ? (page - 1) * limit : 0;
}
