import { setTimeout as delay } from 'node:timers/promises';
import type { PublishResult } from '../event-publisher';
import type { IncomingEvent, OutgoingEvent } from '../event-codec';
import type { Subscription } from '../event-consumer';
import { isStoreAway } from '../errors';
import { runWithContext } from '../request-context';

const TRIES = 20;
const PAUSE_MS = 100;

/** Stands in for the EventBus where a test is not about the broker: keeps what was published and delivers on request. */
export class InMemoryEventBus {
  readonly published: OutgoingEvent[] = [];
  readonly subscriptions: Subscription[] = [];
  connected = true;
  confirmsAfterMs = 0;

  subscribe<T extends string>(subscription: Subscription<T>): void {
    this.subscriptions.push(subscription);
  }

  onConnect(): void {
    // Always connected.
  }

  async publishAll(events: readonly OutgoingEvent[]): Promise<PublishResult[]> {
    if (this.confirmsAfterMs > 0) await delay(this.confirmsAfterMs);
    if (this.connected) this.published.push(...events);
    return events.map(({ id }) => ({ id, ok: this.connected }));
  }

  /** Hands an event to every subscription of its type; as from the broker, it waits in hand while a store is away. */
  async deliver(event: OutgoingEvent): Promise<void> {
    const requestId = event.requestId ?? 'test-request';
    const incoming: IncomingEvent = { ...event, requestId, redelivered: false };
    for (const { topics, handle } of this.subscriptions) {
      if (topics.includes(event.type))
        await onceStoresAreBack(() => runWithContext({ requestId }, () => handle(incoming)));
    }
  }
}

async function onceStoresAreBack(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isStoreAway(error) || attempt === TRIES) throw error;
      await delay(PAUSE_MS);
    }
  }
}
