import type { EventBus, IncomingEvent, OutgoingEvent } from '@shop/service-kit';
import { CommitStockWhenOrderConfirmed } from '../../products-service/src/stock/commit-stock-when-order-confirmed';
import type { MongoStockStore } from '../../products-service/src/stock/mongo-stock-store';
import { PublishReplies } from '../../products-service/src/stock/publish-replies';
import type { PublishStockUpdates } from '../../products-service/src/stock/publish-stock-updates';
import { ReleaseStockWhenOrderCancelled } from '../../products-service/src/stock/release-stock-when-order-cancelled';
import { ReserveStockWhenOrderCreated } from '../../products-service/src/stock/reserve-stock-when-order-created';
import { sweepStock } from '../../products-service/src/stock/sweep-stock';
import type { Gate } from '../../products-service/src/testing/interleaving';
import { MemoryStockStore } from '../../products-service/src/testing/memory-stock-store';
import { BrokerLink, type World } from './world';

const AGES = { checkAfterMs: 3000, pullAfterMs: 60_000 };
/** Shorter than the age at which marks are forgotten, as the protocol asks. */
export const STOCK_HANDLER_ENDS_WITHIN_MS = 50_000;

const untold = { nudge: () => undefined } as unknown as PublishStockUpdates;

/** One process of products-service, for the length of one task. */
export class ProductsReplica {
  readonly store: MemoryStockStore;

  constructor(
    private readonly world: World,
    private readonly gate: Gate,
    Store: typeof MemoryStockStore = MemoryStockStore,
  ) {
    this.store = new Store(world.stock, gate, () => world.now());
  }

  handle(event: OutgoingEvent): Promise<void> {
    const incoming: IncomingEvent = { ...event, requestId: 'simulation', redelivered: false };
    return this.listenerTo(event.type).handle(incoming);
  }

  /** One pass of what runs twice a second in every replica. */
  async relayReplies(): Promise<void> {
    try {
      await this.replies()['publishLeftBehind']();
    } catch (error) {
      // Tells its poller to slow down, no more.
      if (!(error instanceof Error && error.message === 'some replies are not confirmed yet')) throw error;
    }
  }

  sweep(): Promise<void> {
    return sweepStock(this.store, AGES);
  }

  private listenerTo(type: string): { handle(event: IncomingEvent): Promise<void> } {
    if (type === 'order.created') return new ReserveStockWhenOrderCreated(this.asMongo(), this.replies(), untold);
    if (type === 'order.cancelled') return new ReleaseStockWhenOrderCancelled(this.asMongo(), untold);
    return new CommitStockWhenOrderConfirmed(this.asMongo(), untold);
  }

  private replies(): PublishReplies {
    const link = new BrokerLink(this.world, this.gate) as unknown as EventBus;
    return new PublishReplies(this.asMongo(), link, this.world.logger);
  }

  private asMongo(): MongoStockStore {
    return this.store as unknown as MongoStockStore;
  }
}
