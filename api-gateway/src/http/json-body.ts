import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DomainError } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';

export const BODY_LIMIT = 100 * 1024;
const MAX_DEPTH = 20;
// The last is none, but Nest's validation takes it away unseen.
const RESERVED_NAMES = new Set([...Object.getOwnPropertyNames(Object.prototype), 'prototype']);

/** What signed messages (a payment provider's webhook) are verified over. */
export interface RequestWithRawBody extends FastifyRequest {
  rawBody?: Buffer;
}

/** JSON is the only type of body there is: no field named as what every object has, and no deeper than recursive code can follow. */
export function parseJsonBodies(app: NestFastifyApplication): void {
  const parse = app.getHttpAdapter().getInstance().getDefaultJsonParser('error', 'error');
  app.useBodyParser('application/json', { bodyLimit: BODY_LIMIT }, (request, body, done) => {
    (request as FastifyRequest as RequestWithRawBody).rawBody = body;
    const settle = (error: Error | null, value?: unknown) => {
      if (error) done(new DomainError('MALFORMED_JSON', { cause: error }));
      else done(refusalOf(value), value);
    };
    void parse(request as FastifyRequest, body as unknown as string, settle);
  });
}

/** @throws DomainError VALIDATION_FAILED, for a route of whose body every field may be left out, but not the whole. */
export function requireBody({ body }: FastifyRequest): void {
  if (body === undefined || body === null) throw new DomainError('VALIDATION_FAILED', { detail: 'A body is required' });
}

function refusalOf(value: unknown): DomainError | null {
  if (isDeeperThan(value, MAX_DEPTH)) {
    return new DomainError('MALFORMED_JSON', { detail: `The body is nested more than ${MAX_DEPTH} levels deep` });
  }
  if (!isNode(value) || Array.isArray(value)) {
    return new DomainError('VALIDATION_FAILED', { detail: 'The body must be a JSON object' });
  }
  const field = reservedNameIn(value);
  if (field === undefined) return null;
  return new DomainError('VALIDATION_FAILED', { fields: [{ field, message: `property ${field} should not exist` }] });
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

/** Of a field called `toString`, say: the validation would take it for a method and overlook it. */
export function reservedNameIn(value: unknown): string | undefined {
  const nodes = [value].filter(isNode);
  for (const node of nodes) {
    const found = Object.keys(node).find((name) => RESERVED_NAMES.has(name));
    if (found) return found;
    nodes.push(...Object.values(node).filter(isNode));
  }
  return undefined;
}

function isNode(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
