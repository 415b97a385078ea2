import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Logger, requestContext } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';
import { UsersClient } from '../clients.module';

const TIMEOUT_MS = 500;

interface AdminAct {
  readonly action:
    | 'product.created'
    | 'product.updated'
    | 'product.archived'
    | 'stock.adjusted'
    | 'order.status_changed'
    | 'order.cancelled_by_admin';
  readonly target: string;
  readonly details?: Record<string, string>;
  /** Repeated acts with the same are one record. */
  readonly once?: string;
}

/** Records what admins do to products and orders. The act stands when the trail cannot be reached; the log has it then. */
@Injectable()
export class AdminTrail {
  constructor(
    private readonly users: UsersClient,
    private readonly logger: Logger,
  ) {}

  /** Never throws, and keeps the admin waiting for half a second at most. */
  async record({ ip }: FastifyRequest, { once, ...act }: AdminAct): Promise<void> {
    const { user, requestId = '' } = requestContext() ?? {};
    const actor = user?.id ?? '';
    const id = once === undefined ? randomUUID() : idOf([actor, act.action, act.target, once]);
    const record = { details: {}, ...act, id, at: new Date().toISOString(), actor, ip, requestId };
    this.logger.info({ audit: act.action, actor, target: act.target }, act.action);
    try {
      await this.users.recordAudit({ record }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      this.logger.warn({ err: error, audit: act.action }, 'audit trail not reached, only logged');
    }
  }
}

/** A UUID (version 8: made by a rule of one's own) that is the same for the same parts. */
function idOf(parts: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
