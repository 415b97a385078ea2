import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { CLAIMED_AT_ONCE } from './claimed-at-once';

export interface Refund {
  /** The provider pays back once per key, however often it is asked. */
  readonly key: string;
  /** The captured payment, as the provider knows it. */
  readonly reference: string;
  readonly amount: number;
}

@Injectable()
export class RefundsRepository {
  constructor(private readonly database: DataSource) {}

  /** Takes, for this process alone and for so long, refunds that this provider owes. */
  async claim(provider: string, forMs: number): Promise<Refund[]> {
    const [rows] = await this.database.query<[{ id: string; amount: string; reference: string }[], number]>(
      `UPDATE refunds r SET next_try_at = now() + $2::int * interval '1 millisecond' FROM payment_attempts a
       WHERE a.id = r.attempt_id AND r.id IN (
         SELECT l.id FROM refunds l JOIN orders p ON p.id = l.order_id AND p.payment_provider = $1
         WHERE l.done_at IS NULL AND l.next_try_at <= now()
         ORDER BY l.next_try_at LIMIT ${CLAIMED_AT_ONCE} FOR UPDATE OF l SKIP LOCKED)
       RETURNING r.id, r.amount, a.reference`,
      [provider, forMs],
    );
    return rows.map(({ id, amount, reference }) => ({ key: id, reference, amount: Number(amount) }));
  }

  /** Not to be claimed again for so long. */
  async putOff(key: string, forMs: number): Promise<void> {
    await this.database.query(
      `UPDATE refunds SET next_try_at = now() + $2::int * interval '1 millisecond' WHERE id = $1 AND done_at IS NULL`,
      [key, forMs],
    );
  }

  async done(key: string): Promise<void> {
    await this.database.query('UPDATE refunds SET done_at = now() WHERE id = $1 AND done_at IS NULL', [key]);
  }
}

/** Owed as soon as this commits, once per captured payment, whoever finds that it is owed. */
export async function openRefund(transaction: EntityManager, orderId: string): Promise<void> {
  await transaction.query(
    `INSERT INTO refunds (id, order_id, attempt_id, amount)
     SELECT gen_random_uuid(), order_id, id, amount FROM payment_attempts WHERE order_id = $1 AND status = 'CAPTURED'
     ON CONFLICT (attempt_id) DO NOTHING`,
    [orderId],
  );
}
