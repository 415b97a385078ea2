import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { EventBus, LAST_ROUND_MS, Logger, type OutgoingEvent, Poller, waitAtMost } from '@shop/service-kit';
import { type Model, trusted } from 'mongoose';
import { PRODUCT, type ProductDocument } from './product.schema';

const PAGE = 200;
const POLL_MS = 500;
// A broker that hangs confirms nothing, and a write does not need it.
const LONGEST_WAIT_MS = 300;
const TOLD = { revision: 1, pendingEvents: 1 } as const;

type Told = Pick<ProductDocument, '_id' | 'revision' | 'pendingEvents'>;

/** Carries product.created, .updated and .archived from the product's own document to the broker: none is lost, some come twice. */
@Injectable()
export class PublishProductEvents implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly poller: Poller;

  constructor(
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    private readonly bus: EventBus,
    private readonly logger: Logger,
  ) {
    this.poller = new Poller({ name: 'product events', everyMs: POLL_MS, logger, run: () => this.publishDue() });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.poller.finish(LAST_ROUND_MS);
  }

  /** Right after the write. Never throws and waits but a moment: the change is made, and the poller tells what cannot be told now. */
  publish(productId: string): Promise<void> {
    return waitAtMost(LONGEST_WAIT_MS, this.publishNow(productId));
  }

  private async publishNow(productId: string): Promise<void> {
    try {
      await this.send(await this.products.find({ _id: productId }, TOLD).lean());
    } catch (error) {
      this.logger.warn({ err: error, productId }, 'product event not published yet');
    }
  }

  private async publishDue(): Promise<void> {
    for (let after = ''; ;) {
      const page = await this.products
        .find({ unpublished: true, _id: trusted({ $gt: after }) }, TOLD)
        .sort({ _id: 1 })
        .limit(PAGE)
        .lean();
      const last = page.at(-1);
      if (!last) return;
      await this.send(page);
      after = last._id;
    }
  }

  private async send(products: readonly Told[]): Promise<void> {
    const results = await this.bus.publishAll(products.flatMap((product) => eventsOf(product)));
    const failed = new Set(results.filter(({ ok }) => !ok).map(({ id }) => id));
    const told = products.filter(({ pendingEvents }) => pendingEvents.every(({ id }) => !failed.has(id)));
    if (told.length > 0) await this.products.bulkWrite(told.map((product) => ({ updateOne: settled(product) })));
  }
}

// Every new event comes with a new revision, so an equal revision means that no event is forgotten here.
function settled({ _id, revision }: Told) {
  return { filter: { _id, revision }, update: { $set: { pendingEvents: [], unpublished: false } } };
}

function eventsOf({ _id, revision, pendingEvents }: Told): OutgoingEvent[] {
  return pendingEvents.map(({ id, type, time, requestId, traceparent }) => {
    return { id, type, subject: _id, time, data: { productId: _id, revision }, requestId, traceparent };
  });
}
