import { Injectable } from '@nestjs/common';
import { BadMessageError, type IncomingEvent } from '@shop/service-kit';
import { commitStock } from './commit-stock';
import { MongoStockStore } from './mongo-stock-store';
import { orderOf } from './order-lines';
import { PublishStockUpdates } from './publish-stock-updates';

@Injectable()
export class CommitStockWhenOrderConfirmed {
  constructor(
    private readonly store: MongoStockStore,
    private readonly updates: PublishStockUpdates,
  ) {}

  async handle(event: IncomingEvent): Promise<void> {
    const { id } = orderOf(event);
    const outcome = await commitStock(this.store, id);
    // Nothing is confirmed before its reservation was answered, so waiting would not help: a person has to look.
    if (outcome === 'unknown order' || outcome === 'refused')
      throw new BadMessageError(`order ${id} was never reserved here`);
    // Whoever is at it goes on, or its message comes again, as this one does.
    if (outcome === 'not decided') throw new Error(`the stock of order ${id} is not decided yet`);
    this.updates.nudge();
  }
}
