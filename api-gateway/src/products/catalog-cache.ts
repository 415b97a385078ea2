import { Injectable } from '@nestjs/common';
import type { events } from '@shop/proto';
import { EventBus, type IncomingEvent } from '@shop/service-kit';
import { AnswerCache } from './answer-cache';

/** What visitors and customers are shown of the catalogue. Admins see more and are never answered from here. */
@Injectable()
export class CatalogCache {
  readonly details = new AnswerCache();
  readonly lists = new AnswerCache();

  constructor(bus: EventBus) {
    bus.subscribe({
      queue: 'api-gateway.forget-changed-products',
      topics: ['product.created', 'product.updated', 'product.archived', 'product.stock_updated'],
      exclusive: true,
      handle: (event) => this.handle(event),
    });
  }

  /** After a write of this gateway, whether or not its answer was heard: readers here see it at once. */
  forget(productId: string): void {
    this.details.drop(productId);
    this.lists.clear();
  }

  // Stock changes with every sale: lists leave that to their age, else a busy shop would have no cache.
  private async handle({ type, data }: IncomingEvent<Partial<events.ProductUpdated>>): Promise<void> {
    if (!data.productId) return;
    if (type === 'product.stock_updated') this.details.drop(data.productId);
    else this.forget(data.productId);
  }
}
