import { Injectable } from '@nestjs/common';
import { type IncomingEvent, OutboxRelay } from '@shop/service-kit';
import type { events } from '@shop/proto';
import { OrdersRepository } from './orders.repository';
import { WaitForOutcome } from './wait-for-outcome';

@Injectable()
export class FailOrderWhenStockRejected {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly relay: OutboxRelay,
    private readonly waiter: WaitForOutcome,
  ) {}

  async handle({ data }: IncomingEvent<events.StockRejected>): Promise<void> {
    const failure = { code: 'OUT_OF_STOCK', shortages: data.shortages };
    if (!(await this.orders.move(data.orderId, 'stock-rejected', { failure }))) return;
    this.waiter.nudge(data.orderId);
    this.relay.nudge();
  }
}
