import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { OrdersRepository } from '../orders/orders.repository';
import { CLAIMED_AT_ONCE } from './claimed-at-once';
import type { Charge, PaymentOutcome } from './payment-provider';
import { openRefund } from './refunds.repository';

interface AttemptRow {
  id: string;
  order_id: string;
  amount: string;
  tries: number;
  currency: string;
  payment_method: string;
  age_ms: number;
}

export interface Attempt extends Charge {
  readonly orderId: string;
  readonly tries: number;
}

@Injectable()
export class AttemptsRepository {
  constructor(
    private readonly database: DataSource,
    private readonly orders: OrdersRepository,
  ) {}

  /**
   * Records the outcome of an attempt with what it means for the order, in one transaction; the first outcome wins. Money that
   * comes when the order no longer waits for it is owed back. Answers the order's id, or undefined when all was known.
   */
  async settle(attemptId: string, outcome: PaymentOutcome): Promise<string | undefined> {
    const captured = outcome.status === 'captured';
    return this.orders.transaction(async (transaction) => {
      const [rows] = await transaction.query<[{ order_id: string }[], number]>(
        `UPDATE payment_attempts SET status = $2, reference = $3, touched_at = now()
         WHERE id = $1 AND status = ANY($4::text[]) RETURNING order_id`,
        [
          attemptId,
          captured ? 'CAPTURED' : 'DECLINED',
          captured ? outcome.reference : null,
          captured ? ['STARTED', 'UNKNOWN', 'DECLINED'] : ['STARTED', 'UNKNOWN'],
        ],
      );
      const orderId = rows[0]?.order_id;
      if (!orderId) return undefined;
      const event = captured ? 'payment-captured' : 'payment-declined';
      const moved = await this.orders.moveIn(transaction, orderId, { event });
      if (captured && !moved) await openRefund(transaction, orderId);
      return orderId;
    });
  }

  /** No answer came: whether the card was charged is not known, and recovery asks again with the same key. */
  async markUnknown(id: string): Promise<void> {
    await this.database.query(
      `UPDATE payment_attempts SET status = 'UNKNOWN', touched_at = now() WHERE id = $1 AND status = 'STARTED'`,
      [id],
    );
  }

  /**
   * Takes over, for this process alone, what this provider has left open for too long. Each take-over counts as a try. An
   * attempt is as old as its order's last change, which is the move to PAYING that opened it.
   */
  async claimLeft(provider: string, startedBeforeMs: number, unknownBeforeMs: number): Promise<Attempt[]> {
    const [rows] = await this.database.query<[AttemptRow[], number]>(
      `UPDATE payment_attempts a SET status = 'STARTED', tries = a.tries + 1, touched_at = now()
       FROM orders o WHERE o.id = a.order_id AND a.id IN (
         SELECT l.id FROM payment_attempts l JOIN orders p ON p.id = l.order_id AND p.payment_provider = $1
         WHERE (l.status = 'STARTED' AND l.touched_at <= now() - $2::int * interval '1 millisecond')
            OR (l.status = 'UNKNOWN' AND l.touched_at <= now() - $3::int * interval '1 millisecond')
         ORDER BY l.touched_at LIMIT ${CLAIMED_AT_ONCE} FOR UPDATE OF l SKIP LOCKED)
       RETURNING a.id, a.order_id, a.amount, a.tries, o.currency, o.payment_method,
         (extract(epoch FROM now() - o.updated_at) * 1000)::float8 AS age_ms`,
      [provider, startedBeforeMs, unknownBeforeMs],
    );
    return rows.map(toAttempt);
  }
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    key: row.id,
    orderId: row.order_id,
    amount: Number(row.amount),
    currency: row.currency,
    method: row.payment_method,
    tries: row.tries,
    startedAt: Date.now() - row.age_ms,
  };
}
