import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { appendToOutbox, Logger } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';
import { Recovery } from '../payments/recovery';
import { createdEvent } from './order-events';
import type { OrderRow } from './order-row';
import { OrdersRepository } from './orders.repository';

/** Every replica looks, every few seconds, for what a dead process left. SKIP LOCKED shares the work out. */
@Injectable()
export class ResumeStuckOrders implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;

  constructor(
    private readonly config: OrdersConfig,
    private readonly database: DataSource,
    private readonly orders: OrdersRepository,
    private readonly payments: Recovery,
    private readonly logger: Logger,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.running ??= this.round().finally(() => (this.running = undefined));
    }, this.config.SAGA_RECOVERY_INTERVAL);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async round(): Promise<void> {
    if (!this.database.isInitialized) return;
    const steps = [
      () => this.askStockAgain(),
      () => this.failSilent(),
      () => this.expire(),
      () => this.payLeft(),
      () => this.payments.resolveUnknown(),
      () => this.payments.payRefunds(),
      () => this.payments.forgetOldKeys(),
    ];
    for (const step of steps) {
      await step().catch((error: unknown) =>
        this.logger.warn({ err: error }, 'recovery step failed; next round tries again'),
      );
    }
  }

  private async askStockAgain(): Promise<void> {
    await this.orders.transaction(async (transaction) => {
      const [rows] = await transaction.query<[OrderRow[], number]>(
        `UPDATE orders SET stock_asked_at = now() WHERE id IN (
           SELECT id FROM orders WHERE status = 'PENDING' AND stock_asked_at < now() - $1::int * interval '1 millisecond'
           ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING *`,
        [this.config.SAGA_RESEND_AFTER],
      );
      await appendToOutbox(transaction, rows.map(createdEvent));
    });
  }

  private async failSilent(): Promise<void> {
    for (const id of await this.olderThan('PENDING', 'created_at', this.config.SAGA_PENDING_TIMEOUT)) {
      await this.orders.move(id, 'stock-silent');
    }
  }

  private async expire(): Promise<void> {
    for (const id of await this.olderThan('RESERVED', 'expires_at', 0))
      await this.orders.move(id, 'reservation-expired');
  }

  private async payLeft(): Promise<void> {
    for (const id of await this.olderThan('RESERVED', 'updated_at', this.config.SAGA_RESERVED_STALE_AFTER)) {
      this.payments.pay(id);
    }
  }

  private async olderThan(
    status: string,
    column: 'created_at' | 'updated_at' | 'expires_at',
    ageMs: number,
  ): Promise<string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT id FROM orders WHERE status = $1 AND ${column} <= now() - $2::int * interval '1 millisecond'
       ORDER BY updated_at LIMIT 100`,
      [status, ageMs],
    );
    return rows.map(({ id }) => id);
  }
}
