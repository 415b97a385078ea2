import { Injectable } from '@nestjs/common';
import { isUuid } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import type { OrderStatus } from '../orders/order-process';
import type { OrderItem } from '../orders/order-row';

const PAGE = 100;
const MOST_WATCHED = 1000;

export interface ComparedAttempt {
  readonly id: string;
  readonly status: 'STARTED' | 'UNKNOWN' | 'CAPTURED' | 'DECLINED';
  readonly amount: number;
  readonly touchedAt: string;
}

export interface ComparedRefund {
  readonly id: string;
  readonly attemptId: string;
  readonly amount: number;
  readonly doneAt: string | null;
}

/** An order with its money, as it is compared. */
export interface ComparedOrder {
  readonly id: string;
  readonly status: OrderStatus;
  readonly version: number;
  readonly items: readonly OrderItem[];
  readonly total: number;
  readonly provider: string;
  readonly changedAt: Date;
  /** Events of it have not left yet. */
  readonly isUnsent: boolean;
  readonly attempts: readonly ComparedAttempt[];
  readonly refunds: readonly ComparedRefund[];
}

type Row = Omit<ComparedOrder, 'total'> & { total: string };

// With LIMIT, PostgreSQL looks up the few events of an order instead of gathering all events first.
const COMPARED = `SELECT o.id, o.status, o.version, o.items, o.total_amount AS total, o.payment_provider AS provider,
  o.updated_at AS "changedAt",
  (SELECT true FROM outbox e WHERE e.subject = o.id::text AND e.published_at IS NULL LIMIT 1) IS NOT NULL AS "isUnsent",
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'status', a.status, 'amount', a.amount,
     'touchedAt', a.touched_at)), '[]') FROM payment_attempts a WHERE a.order_id = o.id) AS attempts,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('id', r.id, 'attemptId', r.attempt_id, 'amount', r.amount,
     'doneAt', r.done_at)), '[]') FROM refunds r WHERE r.order_id = o.id) AS refunds
  FROM orders o`;

/** Orders for comparing, some at a time. */
@Injectable()
export class ComparedOrders {
  constructor(private readonly database: DataSource) {}

  async now(): Promise<Date> {
    const [{ now }] = await this.database.query<[{ now: Date }]>('SELECT now()::timestamptz(3) AS now');
    return now;
  }

  /** Those that changed last after one time and not after another. */
  async *changedBetween(from: Date, until: Date): AsyncIterable<ComparedOrder[]> {
    let after: { changedAt: Date; id: string } | undefined = {
      changedAt: from,
      id: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
    };
    while (after) {
      const page: ComparedOrder[] = await this.read(
        `${COMPARED} WHERE (o.updated_at, o.id) > ($1, $2::uuid) AND o.updated_at <= $3
         ORDER BY o.updated_at, o.id LIMIT ${PAGE}`,
        [after.changedAt, after.id, until],
      );
      if (page.length > 0) yield page;
      after = page.at(-1);
    }
  }

  async *all(): AsyncIterable<ComparedOrder[]> {
    let after: string | undefined = '00000000-0000-0000-0000-000000000000';
    while (after) {
      const page: ComparedOrder[] = await this.read(`${COMPARED} WHERE o.id > $1::uuid ORDER BY o.id LIMIT ${PAGE}`, [
        after,
      ]);
      if (page.length > 0) yield page;
      after = page.at(-1)?.id;
    }
  }

  /** Those of up to a hundred that exist. */
  withIds(ids: readonly string[]): Promise<ComparedOrder[]> {
    return this.read(`${COMPARED} WHERE o.id = ANY($1::uuid[])`, [ids.filter(isUuid)]);
  }

  /** Orders that should have ended by that time, or whose refunds should have been paid. */
  async overdue(since: Date): Promise<string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      `(SELECT id FROM orders WHERE status IN ('PENDING', 'RESERVED', 'PAYING') AND updated_at <= $1 LIMIT ${MOST_WATCHED})
       UNION (SELECT order_id FROM refunds WHERE done_at IS NULL LIMIT ${MOST_WATCHED})`,
      [since],
    );
    return rows.map(({ id }) => id);
  }

  private async read(sql: string, parameters: unknown[]): Promise<ComparedOrder[]> {
    const rows = await this.database.query<Row[]>(sql, parameters);
    return rows.map((row) => ({ ...row, total: Number(row.total) }));
  }
}
