import { type Logger, runWithContext } from '@shop/service-kit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditTrail } from '../audit/audit-trail';
import type { GuardedRequest } from '../auth/access';

/**
 * One line per answer: route, status and duration, never a query or a body. Refusals are security events, and who was refused
 * for what they are is in the audit trail.
 */
export function logAnswers(fastify: FastifyInstance, logger: Logger, trail: AuditTrail): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (!route.startsWith('/health')) logAnswer(logger, request, reply);
    if (reply.statusCode === 403) recordRefusal(trail, request, reply);
    done();
  });
}

function logAnswer(logger: Logger, request: FastifyRequest, reply: FastifyReply): void {
  const { method, ip } = request;
  const { statusCode: status, elapsedTime } = reply;
  const durationMs = Math.round(elapsedTime * 10) / 10;
  const route = request.routeOptions.url ?? 'none';
  const answer = { requestId: reply.getHeader('x-request-id'), method, route, status, durationMs };
  const userId = (request as GuardedRequest).user?.id;
  if (status === 401 || status === 403) logger.security('request_refused', { ...answer, ip, userId });
  else if (status === 429) logger.security('rate_limited', { ...answer, ip, userId });
  else logger.info(answer, 'answered');
}

// The request's own context has gone with its answer.
function recordRefusal(trail: AuditTrail, request: FastifyRequest, reply: FastifyReply): void {
  const { method, ip, routeOptions } = request;
  const actor = (request as GuardedRequest).user?.id ?? '';
  // Who is refused all the time may not fill the trail: once a minute is enough.
  const once = new Date().toISOString().slice(0, 'yyyy-mm-ddThh:mm'.length);
  runWithContext({ requestId: String(reply.getHeader('x-request-id')) }, () =>
    trail.recordSecurity({ action: 'access.refused', actor, target: `${method} ${routeOptions.url}`, ip, once }),
  );
}
