import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { EventBus, LAST_ROUND_MS, Logger, type OutgoingEvent, Poller } from '@shop/service-kit';
import { type Model, trusted } from 'mongoose';
import { PRODUCT, type ProductDocument } from '../catalog/product.schema';
import { STOCK, type StockDocument } from './stock.schema';

const PAGE = 200;
const POLL_MS = 500;
/** Changes of a busy product within this time are told as one. */
const GATHER_MS = 100;

type Level = Pick<StockDocument, '_id' | 'available' | 'reserved' | 'v'>;

/** Tells the catalogue's `inStock` and everybody else the current value of each stock that has changed. */
@Injectable()
export class PublishStockUpdates implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly poller: Poller;

  constructor(
    @InjectModel(STOCK) private readonly stock: Model<StockDocument>,
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    private readonly bus: EventBus,
    logger: Logger,
  ) {
    this.poller = new Poller({ name: 'stock updates', everyMs: POLL_MS, logger, run: () => this.publishDue() });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.poller.finish(LAST_ROUND_MS);
  }

  /** Something in the stock has changed in this process; what changed in others is found by polling. */
  nudge(): void {
    this.poller.nudge(GATHER_MS);
  }

  private async publishDue(): Promise<void> {
    for (let after = ''; ;) {
      const page = await this.stock
        .find({ dirty: true, _id: trusted({ $gt: after }) }, { available: 1, reserved: 1, v: 1 })
        .sort({ _id: 1 })
        .limit(PAGE)
        .lean();
      const last = page.at(-1);
      if (!last) return;
      await this.tell(page);
      after = last._id;
    }
  }

  private async tell(levels: readonly Level[]): Promise<void> {
    await this.products.bulkWrite(
      levels.map((level) => ({ updateOne: catalogued(level) })),
      { ordered: false },
    );
    const events = new Map(levels.map((level) => [level._id, stockUpdated(level)]));
    const results = await this.bus.publishAll([...events.values()]);
    const told = new Set(results.filter(({ ok }) => ok).map(({ id }) => id));
    const clean = levels.filter(({ _id }) => told.has(events.get(_id)!.id));
    if (clean.length === 0) return;
    await this.stock.bulkWrite(
      clean.map((level) => ({ updateOne: settled(level) })),
      { ordered: false },
    );
  }
}

// Only ever forward: a slow replica must not overwrite the news of a later version.
function catalogued({ _id, available, v }: Level) {
  return {
    filter: { _id, stockVersion: trusted({ $lt: v }) },
    update: { $set: { inStock: available > 0, stockVersion: v } },
  };
}

// If it has changed again since it was read, it stays dirty.
function settled({ _id, v }: Level) {
  return { filter: { _id, v }, update: { $set: { dirty: false } } };
}

function stockUpdated({ _id, available, reserved, v }: Level): OutgoingEvent {
  return {
    id: randomUUID(),
    type: 'product.stock_updated',
    subject: _id,
    time: new Date().toISOString(),
    data: { productId: _id, available, reserved, version: v },
  };
}
