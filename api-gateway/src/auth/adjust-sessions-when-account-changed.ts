import { Injectable } from '@nestjs/common';
import type { EventOf } from '@shop/service-kit';
import { Sessions } from './sessions';

/**
 * The backstop of account changes: the gateway that made one has updated Redis already, unless it died in between or
 * never heard users-service's answer.
 */
@Injectable()
export class AdjustSessionsWhenAccountChanged {
  constructor(private readonly sessions: Sessions) {}

  async handle(event: EventOf<'user.updated' | 'user.role_changed' | 'user.erased'>): Promise<void> {
    const account = { id: event.data.userId, updatedAt: event.time };
    if (event.type === 'user.erased') return this.sessions.endForErasure(account.id);
    if (event.type === 'user.role_changed') return this.sessions.changeAccess(account, { role: event.data.role });
    if (event.data.disabled) await this.sessions.endOlderThan(account, '');
    else if (event.data.passwordChanged) await this.sessions.endOlderThan(account, event.requestId);
  }
}
