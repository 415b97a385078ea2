import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { appendToOutbox, OutboxRelay, requestContext } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { insertAudit } from '../audit/audit.repository';

export interface AccountChange {
  readonly userId: string;
  /** The account's `updated_at` after the change: whoever hears of it late can tell which of two was later. */
  readonly at: Date;
  /** The audit trail's names of it; several happen at once when somebody changes name and password. */
  readonly actions: readonly string[];
  readonly event: { readonly type: string; readonly data?: object };
}

/** One transaction per change of an account, with its event and audit record; committed, the event leaves at once. */
@Injectable()
export class AccountChanges {
  constructor(
    private readonly database: DataSource,
    private readonly relay: OutboxRelay,
  ) {}

  async commit<T>(work: (transaction: EntityManager) => Promise<T>): Promise<T> {
    const result = await this.database.transaction(work);
    this.relay.nudge();
    return result;
  }
}

/** Writes what happened to an account, for the trail and for the other services, with the change itself. */
export async function recordChange(transaction: EntityManager, change: AccountChange): Promise<void> {
  const context = requestContext();
  const at = change.at.toISOString();
  for (const action of change.actions) {
    await insertAudit(transaction, {
      id: randomUUID(),
      at,
      actor: context?.user?.id ?? change.userId,
      action,
      target: `user:${change.userId}`,
      ipSealed: '',
      requestId: context?.requestId ?? '',
      details: {},
    });
  }
  const { type, data } = change.event;
  await appendToOutbox(transaction, [
    { id: randomUUID(), type, subject: change.userId, time: at, data: { userId: change.userId, ...data } },
  ]);
}
