import { Injectable } from '@nestjs/common';
import { type IncomingEvent, OutboxRelay } from '@shop/service-kit';
import type { events } from '@shop/proto';
import { orderIdOf } from './order-events';
import { OrdersRepository } from './orders.repository';
import { WaitForOutcome } from './wait-for-outcome';

@Injectable()
export class FailOrderWhenStockRejected {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly relay: OutboxRelay,
    private readonly waiter: WaitForOutcome,
  ) {}

  async handle(event: IncomingEvent<events.StockRejected>): Promise<void> {
    const orderId = orderIdOf(event);
    const failure = { code: 'OUT_OF_STOCK', shortages: event.data.shortages ?? [] };
    if (!(await this.orders.move(orderId, 'stock-rejected', { failure }))) return;
    this.waiter.nudge(orderId);
    this.relay.nudge();
  }
}
