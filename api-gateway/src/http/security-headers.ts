import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';

const FRAMES = { frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"] };
const PAGE = {
  defaultSrc: ["'self'"],
  objectSrc: ["'none'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
};

// Browsers only ever render the documentation, which brings inline styles and must work over plain http.
const forPages = headersOf({ contentSecurityPolicy: { useDefaults: false, directives: { ...PAGE, ...FRAMES } } });
/** Of every answer that is no page. */
export const SECURITY_HEADERS = headersOf({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], ...FRAMES } },
});

/** Before anything is decided, so that refusals have them too. */
export function setSecurityHeaders(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  void reply.headers(/^\/docs(?:[/?]|$)/.test(request.url) ? forPages : SECURITY_HEADERS);
  done();
}

// Helmet is asked once, of an answer that nobody gets: what it sets is always the same, and Node writes headers that were
// set one by one much more slowly.
function headersOf(options: HelmetOptions): Record<string, string> {
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  helmet(options)(request, response, () => undefined);
  return { ...(response.getHeaders() as Record<string, string>), 'cache-control': 'no-store' };
}
