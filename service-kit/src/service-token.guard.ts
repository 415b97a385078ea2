import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from './errors';
import { Logger } from './logger';
import { ServiceTokens } from './service-tokens';

const READERS = ['api-gateway', 'operator'];

/** For a service's read-only REST view: the gateway and operators with a service token, no other app, and never users. */
@Injectable()
export class ServiceTokenGuard implements CanActivate {
  constructor(
    private readonly tokens: ServiceTokens,
    private readonly logger: Logger,
  ) {}

  canActivate(execution: ExecutionContext): boolean {
    const { headers, method, routeOptions, ip } = execution.switchToHttp().getRequest<FastifyRequest>();
    try {
      const { caller } = this.tokens.verify((headers.authorization ?? '').replace(/^Bearer /, ''));
      if (!READERS.includes(caller)) throw new DomainError('FORBIDDEN');
    } catch (error) {
      this.logger.security('rest_caller_refused', { method, route: routeOptions.url, ip });
      throw error;
    }
    return true;
  }
}
