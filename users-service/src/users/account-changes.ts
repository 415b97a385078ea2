import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { appendToOutbox, Logger, OutboxRelay, requestContext, type SecurityEvent } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { AuditRepository } from '../audit/audit.repository';

/** One thing that was done to an account, by the audit trail's name and, where it matters for security, the log's. */
interface Act {
  readonly action: string;
  readonly details?: Readonly<Partial<Record<'changed' | 'from' | 'to' | 'by', string>>>;
  readonly securityEvent?: SecurityEvent;
}

export interface AccountChange {
  readonly userId: string;
  /** The account's `updated_at` after the change: whoever hears of it late can tell which of two was later. */
  readonly at: Date;
  /** Several happen at once when somebody changes name and password. */
  readonly acts: readonly Act[];
  readonly event: { readonly type: string; readonly data?: object };
}

/** One transaction per change of an account, with its event and audit record; committed, the event leaves at once. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly database: DataSource,
    private readonly relay: OutboxRelay,
    private readonly audit: AuditRepository,
    private readonly logger: Logger,
  ) {}

  /** `work` puts into `changes` what it has changed. */
  async commit<T>(work: (transaction: EntityManager, changes: AccountChange[]) => Promise<T>): Promise<T> {
    const changes: AccountChange[] = [];
    const result = await this.database.transaction(async (transaction) => {
      const made = await work(transaction, changes);
      await recordChanges(transaction, this.audit, changes);
      return made;
    });
    this.relay.nudge();
    for (const change of changes) this.say(change);
    return result;
  }

  private say({ userId, acts }: AccountChange): void {
    const actor = actorOf(userId);
    for (const { securityEvent, details } of acts)
      if (securityEvent) this.logger.security(securityEvent, { account: userId, actor, ...details });
  }
}

/**
 * Writes what happened to accounts, for the other services and for the trail, with the changes themselves. To be called last:
 * from the trail's records on, other records wait for this transaction.
 */
export async function recordChanges(
  transaction: EntityManager,
  audit: AuditRepository,
  changes: readonly AccountChange[],
): Promise<void> {
  await appendToOutbox(
    transaction,
    changes.map(({ userId, at, event: { type, data } }) => ({
      ...{ id: randomUUID(), type, subject: userId },
      ...{ time: at.toISOString(), data: { userId, ...data } },
    })),
  );
  await audit.append(changes.flatMap(recordsOf), transaction);
}

function recordsOf({ userId, at, acts }: AccountChange) {
  const context = requestContext();
  return acts.map(({ action, details = {} }) => ({
    id: randomUUID(),
    at: at.toISOString(),
    actor: actorOf(userId),
    action,
    target: `user:${userId}`,
    ip: context?.clientAddress ?? '',
    requestId: context?.requestId ?? '',
    details,
  }));
}

// Whoever registers is nobody yet, and then the new user.
function actorOf(userId: string): string {
  return requestContext()?.user?.id ?? userId;
}
