import { Injectable } from '@nestjs/common';
import type { IncomingEvent } from '@shop/service-kit';
import type { events } from '@shop/proto';
import { OrdersConfig } from '../config';
import { PayOrder } from '../payments/pay-order';
import { OrdersRepository } from './orders.repository';

@Injectable()
export class ContinueOrderWhenStockReserved {
  constructor(
    private readonly config: OrdersConfig,
    private readonly orders: OrdersRepository,
    private readonly payment: PayOrder,
  ) {}

  /** Only records it: paying takes seconds, and a handler that pays blocks the queue for everybody. */
  async handle({ data }: IncomingEvent<events.StockReserved>): Promise<void> {
    const reservationTtlMs = this.config.SAGA_RESERVATION_TTL;
    const moved = await this.orders.move(data.orderId, 'stock-reserved', { reservationTtlMs });
    if (moved) this.payment.soon(data.orderId);
  }
}
