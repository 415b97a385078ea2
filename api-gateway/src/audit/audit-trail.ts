import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { users } from '@shop/proto';
import { DomainError, Logger, requestContext, runWithContext, type SecurityEvent } from '@shop/service-kit';
import type { FastifyRequest } from 'fastify';
import { UsersClient } from '../clients.module';

const TIMEOUT_MS = 500;
const AT_ONCE = 100;
const MOST_WAITING = 10_000;
const RETRY_MS = 1000;
const LAST_TRY_MS = 2000;

interface SecurityAct {
  readonly action:
    'session.opened' | 'session.ended' | 'login.refused' | 'refresh.reused' | 'access.refused' | 'user.exported';
  /** The user's id; empty for somebody not known. */
  readonly actor: string;
  readonly target: string;
  readonly ip: string;
  readonly details?: Record<string, string>;
  /** Repeated acts with the same are one record. */
  readonly once?: string;
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

// The others are security events where they are seen, or none.
const SAID_AS: Readonly<Record<string, SecurityEvent>> = {
  'session.opened': 'login_succeeded',
  'session.ended': 'session_ended',
  'login.refused': 'login_refused',
  'user.exported': 'data_exported',
};

/**
 * Writes into users-service's audit trail. What it cannot reach now it tries again, as long as there is room; all of it is in
 * the log as well, and no request fails for it.
 */
@Injectable()
export class AuditTrail implements BeforeApplicationShutdown {
  private readonly waiting: users.AuditRecord[] = [];
  private sending?: Promise<void>;
  private stopping = false;

  constructor(
    private readonly users: UsersClient,
    private readonly logger: Logger,
  ) {}

  /** Nobody waits for it: logins come in floods, and must not get slower by it. */
  recordSecurity({ once, ...act }: SecurityAct): void {
    this.sendLater(this.written({ id: idOf(act, once), ...act }));
  }

  /** Keeps the admin waiting, for half a second at most, so that the record is there when the act is answered. */
  async recordAdmin({ ip }: FastifyRequest, { once, ...act }: AdminAct): Promise<void> {
    const actor = requestContext()?.user?.id ?? '';
    const id = idOf({ actor, ...act }, once);
    const record = this.written({ id, actor, ip, ...act });
    try {
      await this.users.recordAudit({ record }, { timeoutMs: TIMEOUT_MS });
    } catch (error) {
      // Never among others what cannot be taken: they would go with it.
      if (isAway(error)) this.sendLater(record);
      else this.giveUp([record], toError(error).message);
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    await Promise.race([this.sending, pause(LAST_TRY_MS, undefined, { ref: false })]);
  }

  private written(
    entry: Omit<users.AuditRecord, 'at' | 'requestId' | 'details'> & Pick<AdminAct, 'details'>,
  ): users.AuditRecord {
    const { action, actor, target, ip } = entry;
    const event = SAID_AS[action];
    const fields = { audit: action, actor, target };
    if (event) this.logger.security(event, { ...fields, ip });
    else this.logger.info(fields, action);
    return { details: {}, ...entry, at: new Date().toISOString(), requestId: requestContext()?.requestId ?? '' };
  }

  private sendLater(record: users.AuditRecord): void {
    if (this.waiting.length >= MOST_WAITING) return this.giveUp([record], 'too many wait');
    this.waiting.push(record);
    // Not as a part of the request, whose deadline has nothing to do with it.
    this.sending ??= runWithContext({ requestId: randomUUID() }, () => this.sendAll());
  }

  private async sendAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const records = this.waiting.slice(0, AT_ONCE);
      const failure = await this.users.recordAuditBatch({ records }).then(() => undefined, toError);
      if (failure && isAway(failure) && !this.stopping) {
        await pause(RETRY_MS);
        continue;
      }
      this.waiting.splice(0, records.length);
      if (failure) this.giveUp(records, failure.message);
    }
    this.sending = undefined;
  }

  private giveUp(records: readonly users.AuditRecord[], reason: string): void {
    for (const { id, action } of records)
      this.logger.security('audit_record_lost', { recordId: id, audit: action, reason });
  }
}

function isAway(error: unknown): boolean {
  return error instanceof DomainError && error.reason === 'UNAVAILABLE';
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** Random, or a UUID (version 8: made by a rule of one's own) that is the same for the same act. */
function idOf(act: Pick<users.AuditRecord, 'actor' | 'action' | 'target'>, once?: string): string {
  if (once === undefined) return randomUUID();
  const parts = JSON.stringify([act.actor, act.action, act.target, once]);
  const hex = createHash('sha256').update(parts).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
