import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { EventBus, LAST_ROUND_MS, Logger, type OutgoingEvent, Poller } from '@shop/service-kit';
import { MongoStockStore } from './mongo-stock-store';
import { relayReplies, sendReply } from './relay-replies';
import type { Reply, StockOrder } from './stock-steps';

const POLL_MS = 500;
/** Younger ones are being sent by the handler that wrote them. */
const LEFT_BEHIND_MS = 1000;

/** Answers orders-service: at once after the decision, and again from the order's record until the broker has confirmed. */
@Injectable()
export class PublishReplies implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly poller: Poller;

  constructor(
    private readonly store: MongoStockStore,
    private readonly bus: EventBus,
    private readonly logger: Logger,
  ) {
    this.poller = new Poller({ name: 'stock replies', everyMs: POLL_MS, logger, run: () => this.publishLeftBehind() });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.poller.finish(LAST_ROUND_MS);
  }

  async publish(order: StockOrder): Promise<void> {
    const complete = await sendReply(this.store, order, (orders) => this.send(orders));
    if (!complete) this.logger.warn({ orderId: order.id }, 'reply not confirmed, it stays pending');
  }

  private async publishLeftBehind(): Promise<void> {
    const complete = await relayReplies(this.store, LEFT_BEHIND_MS, (orders) => this.send(orders));
    if (!complete) throw new Error('some replies are not confirmed yet');
  }

  private async send(orders: readonly StockOrder[]): Promise<string[]> {
    const events = orders.flatMap(({ id, reply }) => (reply ? toEvent(id, reply) : []));
    const results = await this.bus.publishAll(events);
    return orders.filter((_order, index) => results[index]?.ok).map(({ id }) => id);
  }
}

function toEvent(orderId: string, { id, type, time, shortages, requestId, traceparent }: Reply): OutgoingEvent {
  const data = type === 'stock.rejected' ? { orderId, shortages } : { orderId };
  return { id, type, subject: orderId, time, data, requestId, traceparent, mandatory: true };
}
