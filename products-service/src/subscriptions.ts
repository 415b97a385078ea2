import { Injectable } from '@nestjs/common';
import { EventBus, type Queue } from '@shop/service-kit';
import { CommitStockWhenOrderConfirmed } from './stock/commit-stock-when-order-confirmed';
import { ReleaseStockWhenOrderCancelled } from './stock/release-stock-when-order-cancelled';
import { ReserveStockWhenOrderCreated } from './stock/reserve-stock-when-order-created';

/** All events that products-service listens to. */
@Injectable()
export class Subscriptions {
  constructor(
    bus: EventBus,
    created: ReserveStockWhenOrderCreated,
    cancelled: ReleaseStockWhenOrderCancelled,
    confirmed: CommitStockWhenOrderConfirmed,
  ) {
    bus.subscribe({
      queue: 'products-service.reserve-stock' satisfies Queue,
      topics: ['order.created'],
      handle: (event) => created.handle(event),
    });
    bus.subscribe({
      queue: 'products-service.release-stock' satisfies Queue,
      topics: ['order.cancelled'],
      handle: (event) => cancelled.handle(event),
    });
    bus.subscribe({
      queue: 'products-service.commit-stock' satisfies Queue,
      topics: ['order.confirmed'],
      handle: (event) => confirmed.handle(event),
    });
  }
}
