import { randomUUID } from 'node:crypto';
import { appendToOutbox, requestContext } from '@shop/service-kit';
import type { EntityManager } from 'typeorm';
import { insertAudit } from '../audit/audit.repository';

export interface UserChange {
  readonly userId: string;
  /** The audit trail's name of it; several happen at once when somebody changes name and password. */
  readonly actions: readonly string[];
  readonly event: { readonly type: string; readonly data: object };
}

/** Writes what happened to an account, for the trail and for the other services, with the change itself. */
export async function recordChange(transaction: EntityManager, change: UserChange): Promise<void> {
  const context = requestContext();
  for (const action of change.actions) {
    await insertAudit(transaction, {
      id: randomUUID(),
      at: new Date().toISOString(),
      actor: context?.user?.id ?? change.userId,
      action,
      target: `user:${change.userId}`,
      ip: '',
      requestId: context?.requestId ?? '',
      details: {},
    });
  }
  const { type, data } = change.event;
  await appendToOutbox(transaction, [
    {
      id: randomUUID(),
      type,
      subject: change.userId,
      time: new Date().toISOString(),
      data: { userId: change.userId, ...data },
    },
  ]);
}
