import { DomainError } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';

/** A known path with a wrong method answers 405 and says in `Allow` which it takes. */
export function refuseWrongMethods(fastify: FastifyInstance): void {
  const routes = new Map<string, { path: RegExp; methods: Set<string> }>();
  fastify.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return; // CORS answers OPTIONS everywhere.
    const route = routes.get(url) ?? { path: toPattern(url), methods: new Set() };
    for (const one of [method].flat()) route.methods.add(one);
    routes.set(url, route);
  });
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const [path = '/'] = request.url.split('?');
    const allowed = [...routes.values()].flatMap((route) => (route.path.test(path) ? [...route.methods] : []));
    if (allowed.length === 0) return done();
    void reply.header('allow', [...new Set(allowed)].sort().join(', '));
    done(new DomainError('METHOD_NOT_ALLOWED'));
  });
}

/** "/orders/:id/cancel" as an expression for paths. */
export function toPattern(route: string): RegExp {
  const parts = route.split('/').map((part) => {
    if (part === '*') return '.*';
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('/')}$`);
}
