import { type ExecutionContext, Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { DomainError } from '@shop/service-kit';
import type { GuardedRequest } from './access';
import type { AccessClaims } from './tokens';

/** First guard: reads the bearer token, if any, and refuses nobody. AdmissionGuard decides, once it has counted the request. */
@Injectable()
export class AuthenticationGuard extends AuthGuard('jwt') {
  override canActivate(execution: ExecutionContext) {
    const request = execution.switchToHttp().getRequest<GuardedRequest>();
    return request.headers.authorization === undefined ? true : super.canActivate(execution);
  }

  override handleRequest<T>(
    error: unknown,
    claims: AccessClaims | false,
    info: unknown,
    execution: ExecutionContext,
  ): T {
    const request = execution.switchToHttp().getRequest<GuardedRequest>();
    if (claims) request.claims = claims;
    else request.tokenError = refusal(error ?? info);
    return undefined as T;
  }
}

function refusal(cause: unknown): DomainError {
  const expired = cause instanceof Error && cause.name === 'TokenExpiredError';
  return new DomainError(expired ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED', { cause });
}
