import { DomainError } from '@shop/service-kit';
import type { FastifyInstance } from 'fastify';

const MAX_DEPTH = 20;

/** JSON.parse accepts thousands of levels, on which recursive code (the validation) would run out of stack. */
export function refuseDeepBodies(fastify: FastifyInstance): void {
  fastify.addHook('preValidation', (request, _reply, done) => {
    if (!isDeeperThan(request.body, MAX_DEPTH)) return done();
    done(new DomainError('MALFORMED_JSON', { detail: `The body is nested more than ${MAX_DEPTH} levels deep` }));
  });
}

/** Level by level, so that its own stack stays flat. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((node) =>
      typeof node === 'object' && node !== null ? Object.values(node).filter(isNode) : [],
    );
  }
  return false;
}

function isNode(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}
