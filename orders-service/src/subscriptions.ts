import { Injectable } from '@nestjs/common';
import { EventBus, type Queue } from '@shop/service-kit';
import { AnonymiseOrdersWhenUserErased } from './orders/anonymise-orders-when-user-erased';
import { ContinueOrderWhenStockReserved } from './orders/continue-order-when-stock-reserved';
import { FailOrderWhenStockRejected } from './orders/fail-order-when-stock-rejected';

/** All events that orders-service listens to. */
@Injectable()
export class Subscriptions {
  constructor(
    bus: EventBus,
    reserved: ContinueOrderWhenStockReserved,
    rejected: FailOrderWhenStockRejected,
    erased: AnonymiseOrdersWhenUserErased,
  ) {
    bus.subscribe({
      queue: 'orders-service.continue-order' satisfies Queue,
      topics: ['stock.reserved'],
      handle: (event) => reserved.handle(event),
    });
    bus.subscribe({
      queue: 'orders-service.fail-order' satisfies Queue,
      topics: ['stock.rejected'],
      handle: (event) => rejected.handle(event),
    });
    bus.subscribe({
      queue: 'orders-service.anonymise-orders' satisfies Queue,
      topics: ['user.erased'],
      handle: (event) => erased.handle(event),
    });
  }
}
