import { Injectable } from '@nestjs/common';
import { EventBus, type Queue } from '@shop/service-kit';
import { AdjustSessionsWhenAccountChanged } from './auth/adjust-sessions-when-account-changed';
import { ForgetProductWhenChanged } from './products/forget-product-when-changed';

/** All events that the gateway listens to. */
@Injectable()
export class Subscriptions {
  constructor(bus: EventBus, account: AdjustSessionsWhenAccountChanged, product: ForgetProductWhenChanged) {
    // One queue for all gateways, since Redis is theirs together: what happens while none of them runs waits there.
    bus.subscribe({
      queue: 'api-gateway.follow-account-changes' satisfies Queue,
      topics: ['user.updated', 'user.role_changed', 'user.erased'],
      handle: (event) => account.handle(event),
    });
    // A queue per gateway, since each has a cache of its own.
    bus.subscribe({
      queue: 'api-gateway.forget-changed-products',
      topics: ['product.created', 'product.updated', 'product.archived', 'product.stock_updated'],
      exclusive: true,
      handle: async (event) => product.handle(event),
    });
  }
}
