import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { appendToOutbox, DomainError, INSERT_OUTBOX_SQL, type OutgoingEvent, outboxRows } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { decide, isSettled, type OrderEvent } from './order-process';
import { cancelledEvent, confirmedEvent, createdEvent, statusUpdatedEvent } from './order-events';
import type { NewOrder, OrderRow } from './order-row';
import { toProto } from './to-proto';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The select list of an order with what its payment's state is derived from. */
export const ORDER_COLUMNS = `o.*,
  (SELECT a.status FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.touched_at DESC LIMIT 1) AS attempt_status,
  (SELECT a.reference FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.touched_at DESC LIMIT 1) AS reference,
  (SELECT CASE WHEN bool_and(r.done_at IS NOT NULL) THEN 'refunded' ELSE 'refund_pending' END
     FROM refunds r WHERE r.order_id = o.id HAVING count(*) > 0) AS refund_status`;

export interface MoveOptions {
  /** For the history; the move's own reason otherwise. */
  readonly reason?: string;
  readonly failure?: OrderRow['failure'];
  readonly reservationTtlMs?: number;
  /** The attempt that is opened, or whose outcome this is. */
  readonly attemptId?: string;
}

@Injectable()
export class OrdersRepository {
  constructor(private readonly database: DataSource) {}

  transaction<T>(work: (transaction: EntityManager) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** @throws DomainError NOT_FOUND for an unknown or malformed id. */
  async get(id: string): Promise<OrderRow> {
    const rows = UUID.test(id)
      ? await this.database.query<OrderRow[]>(`SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1`, [id])
      : [];
    if (!rows[0]) throw new DomainError('NOT_FOUND');
    return rows[0];
  }

  /** The order, its idempotency key and its first event, in one statement: all of them or none. */
  async insert(order: NewOrder): Promise<void> {
    const event = createdEvent(order);
    await this.database.query(
      `WITH placed AS (
         INSERT INTO orders (id, user_id, status, items, total_amount, currency, payment_provider, payment_method,
           shipping_address, history)
         VALUES ($1, $2, 'PENDING', $3, $4, $5, $6, $7, $8, $9)
       ), keyed AS (
         INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id)
         SELECT $2, $10, $11, $1 WHERE $10 <> ''
       )
       ${INSERT_OUTBOX_SQL('$12')}`,
      [
        order.id,
        order.userId,
        JSON.stringify(order.items),
        order.totalAmount,
        order.currency,
        order.paymentProvider,
        order.paymentMethod,
        JSON.stringify(order.shippingAddress),
        JSON.stringify([{ status: 'PENDING', at: new Date().toISOString() }]),
        order.idempotencyKey,
        order.fingerprint,
        outboxRows([event]),
      ],
    );
  }

  /**
   * Carries out an event in one transaction: the move as decided on the locked row, its effects, its history, its events.
   * Answers undefined when the event changes nothing (a duplicate, or too late).
   */
  move(id: string, event: OrderEvent, options: MoveOptions = {}): Promise<OrderRow | undefined> {
    return this.transaction((transaction) => this.moveIn(transaction, id, { event, ...options }));
  }

  async moveIn(
    transaction: EntityManager,
    id: string,
    options: MoveOptions & { event: OrderEvent },
  ): Promise<OrderRow | undefined> {
    const [locked] = await transaction.query<(OrderRow & { now: Date })[]>(
      'SELECT *, now() AS now FROM orders WHERE id = $1 FOR UPDATE',
      [id],
    );
    if (!locked) return undefined;
    const before = { ...locked, expiresAt: locked.expires_at ?? undefined };
    const decision = decide(before, options.event, locked.now);
    if (decision.order === before) return undefined;
    const reason = options.reason ?? decision.reason;
    const after = await this.write(transaction, locked, { status: decision.order.status, reason, ...options });
    if (!after) return undefined;
    if (decision.effects.includes('open payment attempt'))
      await this.openAttempt(transaction, after, options.attemptId);
    if (decision.effects.includes('open refund')) await openRefund(transaction, id);
    const events: OutgoingEvent[] = [];
    if (decision.effects.includes('publish order.confirmed')) events.push(confirmedEvent(after));
    if (decision.effects.includes('publish order.cancelled')) events.push(cancelledEvent(after, reason ?? ''));
    if (decision.effects.includes('publish order.status_updated')) events.push(statusUpdatedEvent(after, reason ?? ''));
    await appendToOutbox(transaction, events);
    if (isSettled(after.status)) await this.keepFirstAnswer(transaction, id);
    return after;
  }

  private async write(
    transaction: EntityManager,
    before: OrderRow,
    move: MoveOptions & { status: string; reason?: string },
  ): Promise<OrderRow | undefined> {
    const entry = {
      status: move.status,
      at: new Date().toISOString(),
      ...(move.reason ? { reason: move.reason } : {}),
    };
    const [rows] = await transaction.query<[OrderRow[], number]>(
      `UPDATE orders SET status = $3, version = version + 1, updated_at = now(), history = history || $4::jsonb,
         failure = coalesce($5::jsonb, failure),
         expires_at = CASE WHEN $6::int IS NULL THEN expires_at ELSE now() + $6::int * interval '1 millisecond' END
       WHERE id = $1 AND status = $2 AND version = $7 RETURNING *`,
      [
        before.id,
        before.status,
        move.status,
        JSON.stringify([entry]),
        move.failure
          ? JSON.stringify(move.failure)
          : move.reason && move.status === 'FAILED'
            ? JSON.stringify({ code: move.reason })
            : null,
        move.reservationTtlMs ?? null,
        before.version,
      ],
    );
    return rows[0];
  }

  private async openAttempt(
    transaction: EntityManager,
    order: OrderRow,
    attemptId: string = randomUUID(),
  ): Promise<void> {
    await transaction.query(
      `INSERT INTO payment_attempts (id, order_id, status, amount) VALUES ($1, $2, 'STARTED', $3)`,
      [attemptId, order.id, order.total_amount],
    );
  }

  // What a later request with the same Idempotency-Key gets, whatever happens to the order afterwards.
  private async keepFirstAnswer(transaction: EntityManager, id: string): Promise<void> {
    const [row] = await transaction.query<OrderRow[]>(`SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1`, [id]);
    if (!row) return;
    await transaction.query('UPDATE idempotency_keys SET response = $2 WHERE order_id = $1 AND response IS NULL', [
      id,
      JSON.stringify({ order: toProto(row), failure: row.failure }),
    ]);
  }
}

/** Owed as soon as this commits; the refund worker pays it. Its id is the provider's key, so it is paid once. */
export async function openRefund(transaction: EntityManager, orderId: string): Promise<void> {
  await transaction.query(
    `INSERT INTO refunds (id, order_id, attempt_id, amount)
     SELECT gen_random_uuid(), order_id, id, amount FROM payment_attempts WHERE order_id = $1 AND status = 'CAPTURED'
     ON CONFLICT (attempt_id) DO NOTHING`,
    [orderId],
  );
}
