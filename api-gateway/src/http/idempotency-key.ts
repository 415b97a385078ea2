import { DomainError } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,255}$/;

/** For the OpenAPI document. */
export const IDEMPOTENCY_KEY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  // The second to the last: it begins with a quote but is none without its quotes.
  schema: {
    type: 'string' as const,
    pattern: '^([!#-~][!-~]{0,254}|"|"[!-~]{0,253}[!#-~]|"[!-~]{1,255}")$',
  },
};

/**
 * The Idempotency-Key of a request; a quoted string is taken without its quotes. Empty when there is none.
 * @throws DomainError VALIDATION_FAILED when it is not 1 to 255 visible ASCII characters.
 */
export function idempotencyKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string {
  const header = headers['idempotency-key']?.toString();
  if (header === undefined) return '';
  const key = /^"(.*)"$/.exec(header)?.[1] ?? header;
  if (VISIBLE_ASCII.test(key)) return key;
  const message = 'Idempotency-Key must be 1 to 255 visible ASCII characters';
  throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'Idempotency-Key', message }] });
}
