import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet from 'helmet';

const FRAMES = { frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] };
const PAGE = { defaultSrc: ["'self'"], styleSrc: ["'self'", "'unsafe-inline'"], imgSrc: ["'self'", 'data:'] };

// Browsers only ever render the documentation, which brings inline styles and must work over plain http.
const forPages = helmet({ contentSecurityPolicy: { useDefaults: false, directives: { ...PAGE, ...FRAMES } } });
const forData = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], ...FRAMES } },
});

/** Before anything is decided, so that refusals have them too. */
export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
  void reply.header('cache-control', 'no-store');
  const set = request.url.startsWith('/docs') ? forPages : forData;
  set(request.raw, reply.raw, (error) => done(error as Error | undefined));
}
