import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { OrdersRepository } from '../orders/orders.repository';
import type { Attempt } from './attempts.repository';
import { ChargeCard } from './charge-card';
import { PaymentProvider } from './payment-provider';
import { WorkerPool } from './worker-pool';

/** Pays reserved orders, a bounded number at once. The attempt is on disk before the provider is called. */
@Injectable()
export class PayOrder implements BeforeApplicationShutdown {
  private readonly pool: WorkerPool;

  constructor(
    private readonly config: OrdersConfig,
    private readonly orders: OrdersRepository,
    private readonly card: ChargeCard,
    /** Whose orders it pays: others have to wait until their provider is back. */
    readonly provider: PaymentProvider,
    private readonly logger: Logger,
  ) {
    this.pool = new WorkerPool(config.SAGA_PAYMENT_WORKERS);
  }

  /** Starts in the background; what this process cannot finish, recovery does. */
  soon(orderId: string): void {
    this.pool.run(
      orderId,
      () => this.execute(orderId),
      (error) => this.logger.warn({ err: error, orderId }, 'payment left to recovery'),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.pool.drain(this.config.patienceMs);
  }

  async execute(orderId: string): Promise<void> {
    const attemptId = randomUUID();
    const startedAt = Date.now();
    const paying = await this.orders.move(orderId, 'payment-started', { attemptId, paidBy: this.provider.name });
    if (!paying) return;
    const attempt: Attempt = {
      key: attemptId,
      orderId,
      amount: Number(paying.total_amount),
      currency: paying.currency,
      method: paying.payment_method,
      tries: 1,
      startedAt,
    };
    await this.card.execute(attempt);
  }
}
