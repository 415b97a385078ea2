import { Injectable } from '@nestjs/common';
import { EventBus, type IncomingEvent } from '@shop/service-kit';
import { AnonymiseOrdersWhenUserErased } from './orders/anonymise-orders-when-user-erased';
import { ContinueOrderWhenStockReserved } from './orders/continue-order-when-stock-reserved';
import { FailOrderWhenStockRejected } from './orders/fail-order-when-stock-rejected';

/** Everything that this service listens to. The contracts were checked when the message was read. */
@Injectable()
export class Subscriptions {
  constructor(
    bus: EventBus,
    reserved: ContinueOrderWhenStockReserved,
    rejected: FailOrderWhenStockRejected,
    erased: AnonymiseOrdersWhenUserErased,
  ) {
    const on = (queue: string, topic: string, handler: { handle(event: IncomingEvent<never>): Promise<void> }) =>
      bus.subscribe({
        queue: `orders-service.${queue}`,
        topics: [topic],
        handle: (event) => handler.handle(event as never),
      });
    on('continue-order', 'stock.reserved', reserved);
    on('fail-order', 'stock.rejected', rejected);
    on('anonymise-orders', 'user.erased', erased);
  }
}
