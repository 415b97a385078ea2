import type { IncomingMessage, Server } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DomainError, Logger } from '@shop/service-kit';
import type { FastifyHttpOptions, FastifyInstance, FastifyRequest } from 'fastify';
import { AuditTrail } from '../audit/audit-trail';
import type { GatewayConfig } from '../config';
import { setUpOpenApi } from '../openapi';
import { logAnswers, logBrokenRequests } from './access-log';
import { answerInTime } from './answer-in-time';
import { answerBrokenRequest, answerFrameworkError } from './broken-requests';
import { BODY_LIMIT, parseJsonBodies } from './json-body';
import { setSecurityHeaders } from './security-headers';
import { shedOverload } from './shed-overload';
import { refuseWrongMethods } from './wrong-method';

const ANSWERED_WITHIN_MS = 1900;
/** To order and to cancel may wait for a payment, and an export reads page after page. */
const LATER_ANSWERED_WITHIN_MS = 2700;
const LATER_ANSWERED = /^(POST \/orders(\/:id\/cancel)?|GET \/users\/me\/export)$/;
const LINGER_MS = 1000;
const EXPOSED_HEADERS =
  'X-Request-Id, Link, Location, ETag, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, Idempotent-Replayed';

export function fastifyOptions(config: GatewayConfig): FastifyHttpOptions<Server> {
  return {
    // The number of our own proxies in front; `true` would let clients choose their address.
    trustProxy: (_address, hop) => hop < config.TRUSTED_PROXY_HOPS,
    rewriteUrl: ({ url = '/' }: IncomingMessage) => withoutVersion(url),
    bodyLimit: BODY_LIMIT,
    // Longer ones find no route; a malformed id is to be answered like an unknown one.
    routerOptions: { maxParamLength: 2048 },
    requestTimeout: 10_000,
    // Node looks every 30 s otherwise, and so long somebody who is slow on purpose could stay.
    http: { connectionsCheckingInterval: 1000, requireHostHeader: false },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerBrokenRequest,
  };
}

/** Calls to services end before the answer must be there, so that it can say which one is away. */
export function requestDeadlineMs({ method, routeOptions }: FastifyRequest): number {
  return LATER_ANSWERED.test(`${method} ${routeOptions.url}`) ? LATER_ANSWERED_WITHIN_MS : ANSWERED_WITHIN_MS;
}

/** What holds for every request, whichever route it takes. */
export function configureHttp(app: NestFastifyApplication, config: GatewayConfig): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', setSecurityHeaders);
  shedOverload(fastify, config.MAX_REQUESTS_IN_HAND, app.get(Logger));
  answerInTime(fastify);
  refuseWrongMethods(fastify);
  requireHost(fastify);
  requireJson(fastify);
  parseJsonBodies(app);
  logAnswers(fastify, app.get(Logger), app.get(AuditTrail));
  logBrokenRequests(fastify, app.get(Logger));
  if (config.CORS_ORIGINS.length > 0) {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
    app.enableCors({ origin: config.CORS_ORIGINS, methods, exposedHeaders: EXPOSED_HEADERS, maxAge: 600 });
  }
  setUpOpenApi(app);
}

function withoutVersion(url: string): string {
  return /^\/v1(?=[/?]|$)/.test(url) ? url.slice(3) || '/' : url;
}

// Node's own refusal is no problem document.
function requireHost(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', ({ raw, headers }, _reply, done) => {
    const isMissing = headers.host === undefined && raw.httpVersion === '1.1';
    done(isMissing ? new DomainError('VALIDATION_FAILED', { detail: 'A Host header is needed' }) : undefined);
  });
}

function requireJson(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    if (!hasBody(request)) {
      // Clients that set the type on every request send none of it with an empty body.
      delete request.headers['content-type'];
      return done();
    }
    if (!isPlainJson(request)) return done(new DomainError('UNSUPPORTED_MEDIA_TYPE'));
    if (Number(request.headers['content-length'] ?? 0) <= BODY_LIMIT) return done();
    readOnFor(LINGER_MS, request.raw);
    done(new DomainError('PAYLOAD_TOO_LARGE'));
  });
}

// Closing a connection on which the client still sends would lose the answer.
function readOnFor(ms: number, request: IncomingMessage): void {
  setTimeout(() => request.complete || request.destroy(), ms).unref();
}

// Compressed bodies are not taken: a small one may unpack to a huge one.
function isPlainJson({ headers }: FastifyRequest): boolean {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((one) => /^\s*charset="?([^"\s]+)"?\s*$/.exec(one)?.[1]).find(Boolean) ?? 'utf-8';
  const encoding = (headers['content-encoding'] ?? 'identity').toLowerCase();
  return type.trim() === 'application/json' && /^utf-?8$/.test(charset) && encoding === 'identity';
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
