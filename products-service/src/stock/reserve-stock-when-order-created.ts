import { Injectable } from '@nestjs/common';
import type { IncomingEvent } from '@shop/service-kit';
import { MongoStockStore } from './mongo-stock-store';
import { orderOf } from './order-lines';
import { PublishReplies } from './publish-replies';
import { PublishStockUpdates } from './publish-stock-updates';
import { reserveStock } from './reserve-stock';

@Injectable()
export class ReserveStockWhenOrderCreated {
  constructor(
    private readonly store: MongoStockStore,
    private readonly replies: PublishReplies,
    private readonly updates: PublishStockUpdates,
  ) {}

  async handle(event: IncomingEvent): Promise<void> {
    const { requestId, traceparent } = event;
    const order = await reserveStock(this.store, { ...orderOf(event), requestId, traceparent });
    this.updates.nudge();
    await this.replies.publish(order);
  }
}
