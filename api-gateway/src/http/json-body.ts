import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DomainError } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';

export const BODY_LIMIT = 100 * 1024;
const MAX_DEPTH = 20;

/** What signed messages (a payment provider's webhook) are verified over. */
export interface RequestWithRawBody extends FastifyRequest {
  rawBody?: Buffer;
}

/** JSON is the only type of body there is: no `__proto__`, and no deeper than recursive code can follow. */
export function parseJsonBodies(app: NestFastifyApplication): void {
  const parse = app.getHttpAdapter().getInstance().getDefaultJsonParser('error', 'error');
  app.useBodyParser('application/json', { bodyLimit: BODY_LIMIT }, (request, body, done) => {
    (request as FastifyRequest as RequestWithRawBody).rawBody = body;
    const settle = (error: Error | null, value?: unknown) => {
      if (error) done(new DomainError('MALFORMED_JSON', { cause: error }));
      else if (isDeeperThan(value, MAX_DEPTH)) done(tooDeep());
      else done(null, value);
    };
    void parse(request as FastifyRequest, body as unknown as string, settle);
  });
}

/** Level by level, so that its own stack stays flat. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value].filter(isNode);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= levels) return true;
    level = level.flatMap((node) => Object.values(node).filter(isNode));
  }
  return false;
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function tooDeep(): DomainError {
  return new DomainError('MALFORMED_JSON', { detail: `The body is nested more than ${MAX_DEPTH} levels deep` });
}
