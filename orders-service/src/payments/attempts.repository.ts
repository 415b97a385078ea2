import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Charge } from './payment-provider';

interface AttemptRow {
  id: string;
  order_id: string;
  amount: string;
  tries: number;
  currency: string;
  payment_method: string;
}

export interface Attempt extends Charge {
  readonly orderId: string;
  readonly tries: number;
}

const COLUMNS = 'a.id, a.order_id, a.amount, a.tries, o.currency, o.payment_method';

@Injectable()
export class AttemptsRepository {
  constructor(private readonly database: DataSource) {}

  async live(orderId: string): Promise<Attempt | undefined> {
    const rows = await this.database.query<AttemptRow[]>(
      `SELECT ${COLUMNS} FROM payment_attempts a JOIN orders o ON o.id = a.order_id
       WHERE a.order_id = $1 AND a.status IN ('STARTED', 'UNKNOWN')`,
      [orderId],
    );
    return rows[0] && toAttempt(rows[0]);
  }

  /** No answer came: whether the card was charged is not known, and recovery asks again with the same key. */
  async markUnknown(id: string): Promise<void> {
    await this.database.query(
      `UPDATE payment_attempts SET status = 'UNKNOWN', touched_at = now() WHERE id = $1 AND status IN ('STARTED', 'UNKNOWN')`,
      [id],
    );
  }

  /** Takes over, for this process alone, what has been left for too long. Each take-over counts as a try. */
  async claimLeft(startedBeforeMs: number, unknownBeforeMs: number): Promise<Attempt[]> {
    const [rows] = await this.database.query<[AttemptRow[], number]>(
      `UPDATE payment_attempts a SET tries = a.tries + 1, touched_at = now()
       FROM orders o WHERE o.id = a.order_id AND a.id IN (
         SELECT id FROM payment_attempts
         WHERE (status = 'STARTED' AND touched_at < now() - $1::int * interval '1 millisecond')
            OR (status = 'UNKNOWN' AND touched_at < now() - $2::int * interval '1 millisecond')
         ORDER BY touched_at LIMIT 20 FOR UPDATE SKIP LOCKED)
       RETURNING ${COLUMNS}`,
      [startedBeforeMs, unknownBeforeMs],
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
  };
}
