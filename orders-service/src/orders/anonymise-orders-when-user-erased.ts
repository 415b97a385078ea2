import { Injectable } from '@nestjs/common';
import type { IncomingEvent } from '@shop/service-kit';
import type { events } from '@shop/proto';
import { DataSource } from 'typeorm';

@Injectable()
export class AnonymiseOrdersWhenUserErased {
  constructor(private readonly database: DataSource) {}

  /** The orders stay for the books; where they were sent goes, from the stored answers too. */
  async handle({ data }: IncomingEvent<events.UserErased>): Promise<void> {
    await this.database.query(
      'UPDATE orders SET shipping_address = NULL WHERE user_id = $1 AND shipping_address IS NOT NULL',
      [data.userId],
    );
    // After the orders: one that was just ending has stored its answer, address included, by the time its row is free.
    await this.database.query(
      `UPDATE idempotency_keys SET response = response #- '{order,shippingAddress}' WHERE user_id = $1`,
      [data.userId],
    );
  }
}
