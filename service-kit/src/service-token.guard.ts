import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Logger } from './logger';
import { ServiceTokens } from './service-tokens';

/** For a service's read-only REST view: other apps and operators with a service token, never users. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(
    private readonly tokens: ServiceTokens,
    private readonly logger: Logger,
  ) {}

  canActivate(execution: ExecutionContext): boolean {
    const { headers, method, routeOptions, ip } = execution.switchToHttp().getRequest<FastifyRequest>();
    try {
      this.tokens.verify((headers.authorization ?? '').replace(/^Bearer /, ''));
    } catch (error) {
      this.logger.security('rest_caller_refused', { method, route: routeOptions.url, ip });
      throw error;
    }
    return true;
  }
}
