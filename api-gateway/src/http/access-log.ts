import type { Logger } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';

const REFUSALS = new Set([401, 403, 429]);

/** One line per answer: route, status and duration, never a query or a body. Refusals are security events. */
export function logAnswers(fastify: FastifyInstance, logger: Logger): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    if (!route.startsWith('/health')) {
      const { method, ip } = request;
      const { statusCode: status, elapsedTime } = reply;
      const requestId = reply.getHeader('x-request-id');
      const answer = { requestId, method, route, status, durationMs: Math.round(elapsedTime * 10) / 10 };
      if (REFUSALS.has(status)) logger.security('request_refused', { ...answer, ip });
      else logger.info(answer, 'answered');
    }
    done();
  });
}
