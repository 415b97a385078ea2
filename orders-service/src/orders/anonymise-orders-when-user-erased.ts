import { Injectable } from '@nestjs/common';
import type { IncomingEvent } from '@shop/service-kit';
import type { events } from '@shop/proto';
import { DataSource } from 'typeorm';

@Injectable()
export class AnonymiseOrdersWhenUserErased {
  constructor(private readonly database: DataSource) {}

  /** The orders stay for the books; where they were sent goes, from orders yet to come too. Stored answers never have it. */
  handle({ data: { userId } }: IncomingEvent<events.UserErased>): Promise<void> {
    return this.database.transaction(async (transaction) => {
      // Waits for orders of this user that are just being written; those after them find the user erased.
      await transaction.query(`SELECT pg_advisory_xact_lock(hashtextextended('erasure of ' || $1, 0))`, [userId]);
      await transaction.query('INSERT INTO erased_users (user_id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
      await transaction.query(
        'UPDATE orders SET shipping_address_sealed = NULL WHERE user_id = $1 AND shipping_address_sealed IS NOT NULL',
        [userId],
      );
    });
  }
}
