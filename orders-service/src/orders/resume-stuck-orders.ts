import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { appendToOutbox, Logger } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';
import { PayOrder } from '../payments/pay-order';
import { Rounds } from '../rounds';
import { createdEvent } from './order-events';
import type { OrderEvent } from './order-process';
import type { OrderRow } from './order-row';
import { OrdersRepository } from './orders.repository';

const BATCH = 100;

// Stock that only falls behind is not buried under questions that it has already: while it answers, only those are asked again
// that a later order has overtaken, and each pause is as long as all before it together. What failed of silence was not answered.
const ASK_AGAIN = `UPDATE orders SET stock_asked_at = now() WHERE id IN (
  SELECT id FROM orders WHERE status = 'PENDING'
    AND stock_asked_at <= now() - GREATEST($1::int * interval '1 millisecond', (now() - created_at) / 2)
    AND created_at < COALESCE((SELECT max(answered.created_at) FROM orders answered
      WHERE answered.updated_at > now() - $1::int * interval '1 millisecond'
      AND answered.created_at > now() - $2::int * interval '1 millisecond'
      AND answered.status IN ('RESERVED', 'PAYING', 'CONFIRMED', 'FAILED')), 'infinity')
  ORDER BY updated_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)
  RETURNING *, EXISTS (SELECT 1 FROM outbox e WHERE e.subject = orders.id::text
    AND e.type = 'order.created' AND e.published_at IS NULL) AS is_unsent`;

/** Orders that have been where they are for too long, of one payment provider or of all. */
interface Left {
  readonly status: string;
  readonly since: 'created_at' | 'updated_at' | 'expires_at';
  readonly ageMs: number;
  readonly provider?: string;
}

/** Every replica looks, every few seconds, for orders that a dead process left. SKIP LOCKED shares the work out. */
@Injectable()
export class ResumeStuckOrders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly config: OrdersConfig,
    private readonly database: DataSource,
    private readonly orders: OrdersRepository,
    private readonly payment: PayOrder,
    private readonly logger: Logger,
  ) {
    this.rounds = new Rounds({
      everyMs: config.SAGA_RECOVERY_INTERVAL,
      logger,
      steps: {
        'ask stock again': () => this.askStockAgain(),
        'fail silent orders': () => this.failSilent(),
        'expire reservations': () => this.expire(),
        'pay what is reserved': () => this.payLeft(),
      },
    });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop(this.config.patienceMs);
  }

  // While the broker is away the first question is still in the outbox, and a second would only make it longer.
  private async askStockAgain(): Promise<void> {
    await this.orders.transaction(async (transaction) => {
      const [rows] = await transaction.query<[(OrderRow & { is_unsent: boolean })[], number]>(ASK_AGAIN, [
        this.config.SAGA_RESEND_AFTER,
        this.config.SAGA_PENDING_TIMEOUT,
      ]);
      const silent = rows.filter((row) => !row.is_unsent);
      await appendToOutbox(transaction, silent.map(createdEvent));
    });
  }

  private async failSilent(): Promise<void> {
    const ageMs = this.config.SAGA_PENDING_TIMEOUT;
    await this.moveAll(await this.left({ status: 'PENDING', since: 'created_at', ageMs }), 'stock-silent');
  }

  private async expire(): Promise<void> {
    const ids = await this.left({ status: 'RESERVED', since: 'expires_at', ageMs: 0 });
    await this.moveAll(ids, 'reservation-expired');
  }

  private async payLeft(): Promise<void> {
    const ageMs = this.config.SAGA_RESERVED_STALE_AFTER;
    const provider = this.payment.provider.name;
    const ids = await this.left({ status: 'RESERVED', since: 'updated_at', ageMs, provider });
    for (const id of ids) this.payment.soon(id);
  }

  // One order that cannot be moved does not keep the others waiting.
  private async moveAll(ids: readonly string[], event: OrderEvent): Promise<void> {
    for (const id of ids) {
      await this.orders
        .move(id, event)
        .catch((error: unknown) => this.logger.warn({ err: error, orderId: id, orderEvent: event }, 'order not moved'));
    }
  }

  private async left({ status, since, ageMs, provider }: Left): Promise<string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT id FROM orders WHERE status = $1 AND ${since} <= now() - $2::int * interval '1 millisecond'
       ${provider === undefined ? '' : 'AND payment_provider = $3'}
       ORDER BY updated_at LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      provider === undefined ? [status, ageMs] : [status, ageMs, provider],
    );
    return rows.map(({ id }) => id);
  }
}
