import { Injectable, type OnModuleInit } from '@nestjs/common';
import { EventBus } from '@shop/service-kit';
import { CommitStockWhenOrderConfirmed } from './stock/commit-stock-when-order-confirmed';
import { ReleaseStockWhenOrderCancelled } from './stock/release-stock-when-order-cancelled';
import { ReserveStockWhenOrderCreated } from './stock/reserve-stock-when-order-created';

/** All events that products-service listens to. */
@Injectable()
export class Subscriptions implements OnModuleInit {
  constructor(
    private readonly bus: EventBus,
    private readonly reserve: ReserveStockWhenOrderCreated,
    private readonly release: ReleaseStockWhenOrderCancelled,
    private readonly commit: CommitStockWhenOrderConfirmed,
  ) {}

  onModuleInit(): void {
    this.bus.subscribe({
      queue: 'products-service.reserve-stock',
      topics: ['order.created'],
      handle: (event) => this.reserve.handle(event),
    });
    this.bus.subscribe({
      queue: 'products-service.release-stock',
      topics: ['order.cancelled'],
      handle: (event) => this.release.handle(event),
    });
    this.bus.subscribe({
      queue: 'products-service.commit-stock',
      topics: ['order.confirmed'],
      handle: (event) => this.commit.handle(event),
    });
  }
}
