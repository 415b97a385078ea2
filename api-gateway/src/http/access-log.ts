import type { Socket } from 'node:net';
import { contextOf, type Logger, runWithContext, type SecurityEvent } from '@shop/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditTrail } from '../audit/audit-trail';
import type { GuardedRequest } from '../auth/access';

const SAID_AS: Readonly<Record<number, SecurityEvent>> = {
  400: 'input_refused',
  401: 'request_refused',
  403: 'request_refused',
  429: 'rate_limited',
};

/**
 * One line per answer: route, status and duration, never a query or a body. Refusals are security events, and who was refused
 * for what they are is in the audit trail.
 */
export function logAnswers(fastify: FastifyInstance, logger: Logger, trail: AuditTrail): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    // The request's own context has gone with its answer.
    const context = contextOf(request.raw) ?? { requestId: String(reply.getHeader('x-request-id')) };
    runWithContext(context, () => {
      if (!route.startsWith('/health')) logAnswer(logger, request, reply);
      if (reply.statusCode === 403) recordRefusal(trail, request);
    });
    done();
  });
}

/** What was no request at all, or never became one. */
export function logBrokenRequests(fastify: FastifyInstance, logger: Logger): void {
  // First of all: the answer ends the socket, and then it has no address any more.
  fastify.server.prependListener('clientError', (error: Error & { code?: string }, socket: Socket) => {
    // Somebody who went away.
    if (error.code !== 'ECONNRESET')
      logger.security('request_unreadable', { code: error.code, ip: socket.remoteAddress });
  });
}

function logAnswer(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { method, ip } = request;
  const { statusCode: status, elapsedTime: durationMs } = reply;
  const route = request.routeOptions.url ?? 'none';
  const answer = { method, route, status, durationMs };
  const event = SAID_AS[status];
  const userId = (request as GuardedRequest).user?.id;
  if (event) logger.security(event, { ...answer, ip, userId });
  else logger.info(answer, 'answered');
}

function recordRefusal(trail: AuditTrail, request: FastifyRequest): void {
  const { method, ip, routeOptions } = request;
  const actor = (request as GuardedRequest).user?.id ?? '';
  // Who is refused all the time may not fill the trail: once a minute is enough.
  const once = new Date().toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
  trail.recordSecurity({ action: 'access.refused', actor, target: `${method} ${routeOptions.url}`, ip, once });
}
