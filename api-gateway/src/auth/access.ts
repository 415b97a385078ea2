import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { type DomainError, type EndUser, type Role } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';
import type { AccessClaims } from './tokens';

/** The signed-in user of a request, and the session that proves it. */
export interface SignedInUser extends EndUser {
  readonly sessionId: string;
  /** Of the access token. */
  readonly jti: string;
}

/** What the guards leave on a request. */
export interface GuardedRequest extends FastifyRequest {
  /** A genuine, live access token; its session may have ended. */
  claims?: AccessClaims;
  /** Why there are no claims although a token came. */
  tokenError?: DomainError;
  user?: SignedInUser;
}

export const PUBLIC = 'access:public';
export const ROLES = 'access:roles';

/** Anybody may; a valid access token is still recognised, an invalid one is ignored. Without it a route needs a signed-in user. */
export function Public(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(PUBLIC, true), documentAs('x-public', true));
}

/** Signed-in users with one of these roles; others get 403. */
export function Roles(...roles: Role[]): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(ROLES, roles), documentAs('x-roles', roles));
}

/** The signed-in user; undefined only on a public route. */
export const CurrentUser = createParamDecorator((_data: unknown, execution: ExecutionContext) => userOf(execution));

function userOf(execution: ExecutionContext): SignedInUser | undefined {
  return execution.switchToHttp().getRequest<GuardedRequest>().user;
}

// Read back by openapi.ts. Nest's own pages and probes are no part of the document, so classes need no entry.
function documentAs(key: string, value: unknown): MethodDecorator & ClassDecorator {
  return ApiExtension(key, value) as MethodDecorator & ClassDecorator;
}
