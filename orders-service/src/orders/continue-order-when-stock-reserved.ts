import { Injectable } from '@nestjs/common';
import type { IncomingEvent } from '@shop/service-kit';
import type { events } from '@shop/proto';
import { OrdersConfig } from '../config';
import { PayOrder } from '../payments/pay-order';
import { orderIdOf } from './order-events';
import { OrdersRepository } from './orders.repository';

@Injectable()
export class ContinueOrderWhenStockReserved {
  constructor(
    private readonly config: OrdersConfig,
    private readonly orders: OrdersRepository,
    private readonly payment: PayOrder,
  ) {}

  /** Only records it: paying takes seconds, and a handler that pays blocks the queue for everybody. */
  async handle(event: IncomingEvent<events.StockReserved>): Promise<void> {
    const orderId = orderIdOf(event);
    const reservationTtlMs = this.config.SAGA_RESERVATION_TTL;
    if (await this.orders.move(orderId, 'stock-reserved', { reservationTtlMs })) this.payment.soon(orderId);
  }
}
