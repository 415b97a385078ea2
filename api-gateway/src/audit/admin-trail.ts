import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Logger, requestContext } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';
import type { GuardedRequest } from '../auth/access';
import { UsersClient } from '../clients.module';

interface AdminAct {
  readonly action: string;
  readonly target: string;
  readonly details?: Record<string, string>;
}

/** Records what admins do to products and orders. The act stands when the trail cannot be reached; the log has it then. */
@Injectable()
export class AdminTrail {
  constructor(
    private readonly users: UsersClient,
    private readonly logger: Logger,
  ) {}

  record(request: FastifyRequest, { action, target, details = {} }: AdminAct): void {
    const actor = (request as GuardedRequest).user?.id ?? '';
    const requestId = requestContext()?.requestId ?? '';
    const record = {
      id: randomUUID(),
      at: new Date().toISOString(),
      actor,
      action,
      target,
      ip: request.ip,
      requestId,
      details,
    };
    this.logger.info({ audit: action, actor, target }, action);
    this.users
      .recordAudit({ record })
      .catch((error: unknown) =>
        this.logger.warn({ err: error, audit: action }, 'audit trail not reached, only logged'),
      );
  }
}
