import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

const MAX_AGE_S = 1;

interface Cacheable<T> {
  readonly body: T;
  /** Of the body's hash, when there is no better one. */
  readonly etag?: string;
  /** Admins see more than others, so theirs is kept by nobody. */
  readonly admin: boolean;
}

/** Sets the caching headers; answers 304 without a body when the client has it already. */
export function sendCacheable<T>(request: FastifyRequest, reply: FastifyReply, answer: Cacheable<T>): T | undefined {
  const etag =
    answer.etag ?? `"${createHash('sha256').update(JSON.stringify(answer.body)).digest('base64url').slice(0, 27)}"`;
  void reply.header('etag', etag).header('vary', 'Authorization');
  void reply.header('cache-control', answer.admin ? 'private, no-cache' : `public, max-age=${MAX_AGE_S}`);
  if (!matches(request.headers['if-none-match'], etag)) return answer.body;
  void reply.status(304);
  return undefined;
}

/** The revision of an If-Match header; 0, which no product has, when it is none of our ETags. */
export function revisionOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  return Number(/^(?:W\/)?"(\d{1,15})\.\d+"$/.exec(header.trim())?.[1] ?? 0);
}

function matches(header: string | undefined, etag: string): boolean {
  const candidates = (header ?? '').split(',').map((one) => one.trim().replace(/^W\//, ''));
  return candidates.includes(etag) || candidates.includes('*');
}
