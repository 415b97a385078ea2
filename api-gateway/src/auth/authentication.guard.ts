import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { DomainError } from '@shop/service-kit';
import { LRUCache } from 'lru-cache';
import type { GuardedRequest } from './access';
import type { AccessClaims } from './tokens';

/** First guard: reads the bearer token, if any, and refuses nobody. AdmissionGuard decides, once it has counted the request. */
@Injectable()
export class AuthenticationGuard extends AuthGuard('jwt') {
  /** Headers that have proved genuine, until their tokens expire. Whether the session lives is still asked every time. */
  private readonly proven = new LRUCache<string, AccessClaims>({ max: 5000 });

  override canActivate(execution: ExecutionContext) {
    const request = execution.switchToHttp().getRequest<GuardedRequest>();
    const { authorization } = request.headers;
    if (authorization === undefined) return true;
    request.claims = this.proven.get(authorization);
    return request.claims ? true : super.canActivate(execution);
  }

  override handleRequest<T>(
    error: unknown,
    claims: AccessClaims | false,
    ...[info, execution]: [unknown, ExecutionContext]
  ): T {
    const request = execution.switchToHttp().getRequest<GuardedRequest>();
    if (claims) this.accept(request, claims);
    else request.tokenError = refusal(error ?? info);
    return undefined as T;
  }

  private accept(request: GuardedRequest, claims: AccessClaims): void {
    request.claims = claims;
    const ttl = claims.exp * 1000 - Date.now();
    if (ttl > 0) this.proven.set(request.headers.authorization ?? '', claims, { ttl });
  }
}

function refusal(cause: unknown): DomainError {
  const expired = cause instanceof Error && cause.name === 'TokenExpiredError';
  return new DomainError(expired ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED', { cause });
}
