import { createHash, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { users } from '@shop/proto';
import { Logger, requestContext } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';
import { UsersClient } from '../clients.module';

const TIMEOUT_MS = 500;
const MAX_UNDER_WAY = 100;

interface SecurityEvent {
  readonly action: 'session.opened' | 'session.ended' | 'login.refused' | 'refresh.reused';
  /** The user's id; empty for somebody not known. */
  readonly actor: string;
  readonly target: string;
  readonly ip: string;
  readonly details?: Record<string, string>;
}

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

/** Writes into users-service's audit trail. What it cannot reach is in the log all the same, and never fails the request. */
@Injectable()
export class AuditTrail {
  private underWay = 0;

  constructor(
    private readonly users: UsersClient,
    private readonly logger: Logger,
  ) {}

  /** Nobody waits for it: logins come in floods, and must not get slower by it. */
  recordSecurity(event: SecurityEvent): void {
    const record = this.written({ id: randomUUID(), ...event });
    if (this.underWay >= MAX_UNDER_WAY)
      return this.logger.warn({ audit: event.action }, 'audit trail is behind, only logged');
    this.underWay++;
    void this.send(record).finally(() => this.underWay--);
  }

  /** Keeps the admin waiting, for half a second at most, so that the record is there when the act is answered. */
  async recordAdmin({ ip }: FastifyRequest, { once, ...act }: AdminAct): Promise<void> {
    const actor = requestContext()?.user?.id ?? '';
    const id = once === undefined ? randomUUID() : idOf([actor, act.action, act.target, once]);
    await this.send(this.written({ id, actor, ip, ...act }), TIMEOUT_MS);
  }

  private written(
    entry: Omit<users.AuditRecord, 'at' | 'requestId' | 'details'> & Pick<AdminAct, 'details'>,
  ): users.AuditRecord {
    const { action, actor, target } = entry;
    this.logger.info({ audit: action, actor, target }, action);
    return { details: {}, ...entry, at: new Date().toISOString(), requestId: requestContext()?.requestId ?? '' };
  }

  private async send(record: users.AuditRecord, timeoutMs?: number): Promise<void> {
    try {
      await this.users.recordAudit({ record }, { timeoutMs });
    } catch (error) {
      this.logger.warn({ err: error, audit: record.action }, 'audit trail not reached, only logged');
    }
  }
}

/** A UUID (version 8: made by a rule of one's own) that is the same for the same parts. */
function idOf(parts: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
