import { Injectable } from '@nestjs/common';
import { appendToOutbox, DomainError, type EndUser, INSERT_OUTBOX_SQL, isUuid, outboxRows } from '@shop/service-kit';
import { DataSource, type EntityManager } from 'typeorm';
import { openRefund } from '../payments/refunds.repository';
import { createdEvent, eventsOf } from './order-events';
import { countMoved, countPlaced, type Moved } from './order-metrics';
import { decide, isSettled, type OrderEvent } from './order-process';
import type { NewOrder, OrderFailure, OrderRow, StoredAnswer } from './order-row';
import { SealedAddresses } from './sealed-address';
import { toProto } from './to-proto';

/** The select list of an order with what its payment's state is derived from. */
export const ORDER_COLUMNS = `o.*,
  (SELECT a.status FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.touched_at DESC LIMIT 1) AS attempt_status,
  (SELECT a.reference FROM payment_attempts a WHERE a.order_id = o.id ORDER BY a.touched_at DESC LIMIT 1) AS reference,
  (SELECT CASE WHEN bool_and(r.done_at IS NOT NULL) THEN 'refunded' ELSE 'refund_pending' END
     FROM refunds r WHERE r.order_id = o.id HAVING count(*) > 0) AS refund_status`;

/** `by` is the parameter with the id of the user who did it. */
export const HISTORY_ENTRY = (by: string) => `jsonb_strip_nulls(jsonb_build_object('status', $3::text,
  'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'reason', $4::text, 'by', ${by}::text))`;

export interface MoveOptions {
  /** For the history; the move's own reason otherwise. */
  readonly reason?: string;
  /** The user who did it, for the history. */
  readonly by?: string;
  /** Why the order failed, for the answer to POST /orders; the move's reason otherwise. */
  readonly failure?: OrderFailure;
  readonly reservationTtlMs?: number;
  /** The attempt to open; its id is what the payment provider charges once for. */
  readonly attemptId?: string;
  /** Nothing happens to an order that another payment provider is to be paid by. */
  readonly paidBy?: string;
}

type Move = MoveOptions & { readonly event: OrderEvent };

@Injectable()
export class OrdersRepository {
  private readonly moves = new WeakMap<EntityManager, Moved[]>();

  constructor(
    private readonly database: DataSource,
    private readonly addresses: SealedAddresses,
  ) {}

  async transaction<T>(work: (transaction: EntityManager) => Promise<T>): Promise<T> {
    const moves: Moved[] = [];
    const result = await this.database.transaction((transaction) => {
      this.moves.set(transaction, moves);
      return work(transaction);
    });
    for (const move of moves) countMoved(move);
    return result;
  }

  /** @throws DomainError NOT_FOUND for an unknown or malformed id. */
  async get(id: string): Promise<OrderRow> {
    const sql = `SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1`;
    const [row] = isUuid(id) ? await this.database.query<OrderRow[]>(sql, [id]) : [];
    if (!row) throw new DomainError('NOT_FOUND');
    return this.addresses.opened(row);
  }

  /** How far an order is, with the first answer that was given about it, where its request had a key: read at one moment. */
  async getAnswered(id: string): Promise<{ order: OrderRow; firstAnswer: StoredAnswer | null }> {
    const [row] = await this.database.query<(OrderRow & { first_answer: StoredAnswer | null })[]>(
      `SELECT ${ORDER_COLUMNS}, k.first_answer FROM orders o
       LEFT JOIN idempotency_keys k ON k.order_id = o.id WHERE o.id = $1`,
      [id],
    );
    if (!row) throw new DomainError('NOT_FOUND');
    return { order: this.addresses.opened(row), firstAnswer: row.first_answer };
  }

  /** As `get`; somebody else's order is answered as an unknown one, unless an admin asks. */
  async getFor(user: EndUser, id: string): Promise<OrderRow> {
    const order = await this.get(id);
    if (order.user_id !== user.id && user.role !== 'admin')
      throw new DomainError('NOT_FOUND', { concealed: `order:${id}` });
    return order;
  }

  /** The order, its idempotency key and its first event, in one statement: all of them or none. */
  async insert(order: NewOrder): Promise<void> {
    await this.database.query(
      `WITH placed AS (
         INSERT INTO orders (id, user_id, status, history, items, total_amount, currency, payment_provider,
           payment_method, shipping_address_sealed)
         VALUES ($1, $2, $3::text, jsonb_build_array(${HISTORY_ENTRY('$2')}), $5, $6, $7, $8, $9, unless_erased($2, $10))
       ), keyed AS (
         INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id)
         SELECT $2, $11, $12, $1 WHERE $11 <> ''
       )
       ${INSERT_OUTBOX_SQL('$13')}`,
      [
        order.id,
        order.userId,
        'PENDING',
        null,
        JSON.stringify(order.items),
        order.totalAmount,
        order.currency,
        order.paymentProvider,
        order.paymentMethod,
        this.addresses.seal(order.id, order.shippingAddress),
        order.idempotencyKey,
        order.fingerprint,
        outboxRows([createdEvent(order)]),
      ],
    );
    countPlaced();
  }

  /**
   * Carries out an event in one transaction: the move as decided on the locked row, its effects, its history, its events.
   * Answers undefined when the event changes nothing (a duplicate, or too late).
   */
  move(id: string, event: OrderEvent, options: MoveOptions = {}): Promise<OrderRow | undefined> {
    return this.transaction((transaction) => this.moveIn(transaction, id, { event, ...options }));
  }

  async moveIn(transaction: EntityManager, id: string, move: Move): Promise<OrderRow | undefined> {
    const [row] = await transaction.query<(OrderRow & { now: Date })[]>(
      'SELECT *, now() AS now FROM orders WHERE id = $1 FOR UPDATE',
      [id],
    );
    if (!row || (move.paidBy && move.paidBy !== row.payment_provider)) return undefined;
    const before = { ...row, expiresAt: row.expires_at ?? undefined };
    const { order, effects, reason: usualReason } = decide(before, move.event, row.now);
    if (order === before) return undefined;
    const reason = move.reason ?? usualReason;
    const after = await this.write(transaction, row, { ...move, status: order.status, reason });
    if (effects.includes('open payment attempt')) await this.openAttempt(transaction, after, move.attemptId);
    if (effects.includes('open refund')) await openRefund(transaction, id);
    await appendToOutbox(transaction, eventsOf(effects, after, reason));
    if (isSettled(after.status)) await this.keepFirstAnswer(transaction, id);
    this.moves.get(transaction)?.push({ from: row.status, order: after });
    return after;
  }

  private async write(
    transaction: EntityManager,
    before: OrderRow,
    { status, reason, by, failure, reservationTtlMs }: MoveOptions & { status: string },
  ): Promise<OrderRow> {
    const why = failure ?? (status === 'FAILED' && reason ? { code: reason } : undefined);
    const [rows] = await transaction.query<[OrderRow[], number]>(
      `UPDATE orders SET status = $3::text, version = version + 1, updated_at = now(),
         history = history || ${HISTORY_ENTRY('$7')}, failure = coalesce($5::jsonb, failure),
         expires_at = coalesce(now() + $6::bigint * interval '1 millisecond', expires_at)
       WHERE id = $1 AND status = $2 RETURNING *`,
      [
        ...[before.id, before.status, status, reason ?? null, why ? JSON.stringify(why) : null],
        ...[reservationTtlMs ?? null, by ?? null],
      ],
    );
    if (!rows[0]) throw new Error(`order ${before.id} was moved while it was locked`);
    return rows[0];
  }

  private async openAttempt(transaction: EntityManager, order: OrderRow, attemptId?: string): Promise<void> {
    await transaction.query(
      `INSERT INTO payment_attempts (id, order_id, status, amount) VALUES ($1, $2, 'STARTED', $3)`,
      [attemptId, order.id, order.total_amount],
    );
  }

  // What a later request with the same Idempotency-Key gets, whatever happens to the order afterwards; the address stays sealed
  // in the order.
  private async keepFirstAnswer(transaction: EntityManager, id: string): Promise<void> {
    const [row] = await transaction.query<OrderRow[]>(
      `SELECT ${ORDER_COLUMNS} FROM idempotency_keys k JOIN orders o ON o.id = k.order_id
       WHERE k.order_id = $1 AND k.first_answer IS NULL`,
      [id],
    );
    if (!row) return;
    await transaction.query(
      'UPDATE idempotency_keys SET first_answer = $2 WHERE order_id = $1 AND first_answer IS NULL',
      [id, JSON.stringify({ order: toProto(row), failure: row.failure })],
    );
  }
}
