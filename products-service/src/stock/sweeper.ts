import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger, patienceOf, Poller } from '@shop/service-kit';
import { ProductsConfig } from '../config';
import { MongoStockStore } from './mongo-stock-store';
import { sweepStock } from './sweep-stock';

/** Runs the sweep in every replica; two at once do no harm. */
@Injectable()
export class Sweeper implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly poller: Poller;

  constructor(
    store: MongoStockStore,
    private readonly config: ProductsConfig,
    logger: Logger,
  ) {
    const ages = { checkAfterMs: config.SAGA_SWEEP_MARKS_AFTER, pullAfterMs: config.SAGA_PULL_MARKS_AFTER };
    const run = () => sweepStock(store, ages);
    this.poller = new Poller({ name: 'stock sweep', everyMs: config.SAGA_SWEEP_INTERVAL, logger, run });
  }

  onApplicationBootstrap(): void {
    this.poller.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    // A sweep that is left half done is done by the next, of whoever.
    return this.poller.stop(patienceOf(this.config));
  }
}
