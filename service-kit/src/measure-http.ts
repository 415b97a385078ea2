import type { FastifyInstance } from 'fastify';
import { histogram } from './metrics';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** How long every answer takes. What clients make up, a path or a method, is never a label's value. */
export function measureHttp(fastify: FastifyInstance): void {
  const observe = histogram({
    name: 'http_request_duration_seconds',
    help: 'From the request to the end of its answer, by route; `none` for paths that are none',
    labels: ['method', 'route', 'status'],
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    const method = METHODS.includes(request.method) ? request.method : 'other';
    const route = request.routeOptions.url ?? 'none';
    observe({ method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    done();
  });
}
