import { Injectable } from '@nestjs/common';
import type { events } from '@shop/proto';
import { EventBus, type IncomingEvent } from '@shop/service-kit';
import { Sessions } from './sessions';

/**
 * The backstop of account changes: the gateway that made one has updated Redis already, unless it died in between or
 * never heard users-service's answer. One durable queue for all gateways, since Redis is theirs together: what happens while
 * none of them runs waits there.
 */
@Injectable()
export class FollowAccountChanges {
  constructor(
    bus: EventBus,
    private readonly sessions: Sessions,
  ) {
    bus.subscribe({
      queue: 'api-gateway.follow-account-changes',
      topics: ['user.updated', 'user.role_changed', 'user.erased'],
      handle: (event) => this.handle(event),
    });
  }

  private async handle(event: IncomingEvent): Promise<void> {
    if (event.type === 'user.updated') return this.updated(event as IncomingEvent<events.UserUpdated>);
    const { userId, role } = event.data as Partial<events.UserRoleChanged>;
    if (!userId) return;
    const account = { id: userId, updatedAt: event.time };
    if (event.type === 'user.role_changed') await this.sessions.changeAccess(account, { role });
    else await this.sessions.endForErasure(userId);
  }

  private async updated({ data, time, requestId }: IncomingEvent<events.UserUpdated>): Promise<void> {
    const account = { id: data.userId, updatedAt: time };
    if (data.disabled) await this.sessions.endOlderThan(account, '');
    else if (data.passwordChanged) await this.sessions.endOlderThan(account, requestId);
  }
}
