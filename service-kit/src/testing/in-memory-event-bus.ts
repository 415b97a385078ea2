import type { PublishResult } from '../event-bus';
import type { IncomingEvent, OutgoingEvent } from '../event-codec';
import type { Subscription } from '../event-consumer';
import { runWithContext } from '../request-context';

/** Stands in for the EventBus where a test is not about the broker: keeps what was published and delivers on request. */
export class InMemoryEventBus {
  readonly published: OutgoingEvent[] = [];
  readonly subscriptions: Subscription[] = [];
  connected = true;

  subscribe(subscription: Subscription): void {
    this.subscriptions.push(subscription);
  }

  onConnect(): void {
    // Always connected.
  }

  publishAll(events: readonly OutgoingEvent[]): Promise<PublishResult[]> {
    if (this.connected) this.published.push(...events);
    return Promise.resolve(events.map(({ id }) => ({ id, ok: this.connected })));
  }

  /** Hands an event to every subscription of its type, as the broker would. */
  async deliver(event: OutgoingEvent): Promise<void> {
    const requestId = event.requestId ?? 'test-request';
    const incoming: IncomingEvent = { ...event, requestId, redelivered: false };
    for (const { topics, handle } of this.subscriptions) {
      if (topics.includes(event.type)) await runWithContext({ requestId }, () => handle(incoming));
    }
  }
}
