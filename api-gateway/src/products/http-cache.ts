import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { MAX_AGE_MS } from './answer-cache';
import { countCacheRequest } from './count-cache-request';

/** Strong, of the bytes themselves, where there is no version to tell. */
export function hashTag(bytes: Buffer): string {
  return `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`;
}

/** For the OpenAPI document. */
export const CACHE_HEADERS = {
  ETag: { description: 'A product\'s is `"<revision>.<stock version>"`', schema: { type: 'string' as const } },
  'Cache-Control': { description: 'Private for admins', schema: { type: 'string' as const } },
};

interface TaggedAnswer {
  readonly bytes: Buffer;
  readonly etag: string;
}

/** Admins see more than others, so their answers are kept by nobody. */
export function sendPrivately(reply: FastifyReply, answer: TaggedAnswer): Buffer | undefined {
  return send(reply.header('cache-control', 'private, no-cache'), answer);
}

export function sendPublicly(reply: FastifyReply, answer: TaggedAnswer): Buffer | undefined {
  return send(reply.header('cache-control', `public, max-age=${MAX_AGE_MS / 1000}`), answer);
}

/** Answers 304 without a body when the client has it already. */
function send(reply: FastifyReply, { bytes, etag }: TaggedAnswer): Buffer | undefined {
  const varied = reply.getHeader('vary');
  void reply.header('etag', etag).header('vary', varied ? `${String(varied)}, Authorization` : 'Authorization');
  if (matches(reply.request.headers['if-none-match'], etag)) {
    countCacheRequest({ cache: 'client', outcome: 'not_modified' });
    void reply.status(304);
    return undefined;
  }
  void reply.header('content-type', 'application/json; charset=utf-8');
  return bytes;
}

/** The revision of an If-Match header; 0, which no product has, when it is none of our ETags. */
export function revisionOf(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  return Number(/^(?:W\/)?"(\d{1,15})\.\d+"$/.exec(header.trim())?.[1] ?? 0);
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}
