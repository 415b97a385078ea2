import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ServiceTokens } from './service-tokens';

/** For a service's read-only REST view: other apps and operators with a service token, never users. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(private readonly tokens: ServiceTokens) {}

  canActivate(execution: ExecutionContext): boolean {
    const { headers } = execution.switchToHttp().getRequest<FastifyRequest>();
    this.tokens.verify((headers.authorization ?? '').replace(/^Bearer /, ''));
    return true;
  }
}
