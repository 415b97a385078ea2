import { Injectable } from '@nestjs/common';
import type { IncomingEvent } from '@shop/service-kit';
import { MongoStockStore } from './mongo-stock-store';
import { orderOf } from './order-lines';
import { PublishStockUpdates } from './publish-stock-updates';
import { releaseStock } from './release-stock';

@Injectable()
export class ReleaseStockWhenOrderCancelled {
  constructor(
    private readonly store: MongoStockStore,
    private readonly updates: PublishStockUpdates,
  ) {}

  async handle(event: IncomingEvent): Promise<void> {
    await releaseStock(this.store, orderOf(event));
    this.updates.nudge();
  }
}
