import { randomUUID } from 'node:crypto';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { OrdersRepository } from '../orders/orders.repository';
import { ApplyOutcome } from './apply-outcome';
import { type Attempt, AttemptsRepository } from './attempts.repository';
import { PaymentProvider } from './payment-provider';
import { askInTime } from './ask-in-time';
import { WorkerPool } from './worker-pool';

/** Pays reserved orders, a bounded number at once. The attempt is on disk before the provider is called. */
@Injectable()
export class PayOrder implements BeforeApplicationShutdown {
  private readonly pool: WorkerPool;

  constructor(
    private readonly config: OrdersConfig,
    private readonly orders: OrdersRepository,
    private readonly attempts: AttemptsRepository,
    private readonly outcome: ApplyOutcome,
    private readonly services: PaymentServices,
  ) {
    this.pool = new WorkerPool(config.SAGA_PAYMENT_WORKERS);
  }

  /** Starts in the background; what this process cannot finish, recovery does. */
  soon(orderId: string): void {
    this.pool.run(
      () => this.pay(orderId),
      (error) => this.services.logger.warn({ err: error, order: orderId }, 'payment left to recovery'),
    );
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.pool.drain();
  }

  private async pay(orderId: string): Promise<void> {
    const attemptId = randomUUID();
    const paying = await this.orders.move(orderId, 'payment-started', { attemptId });
    if (!paying) return;
    await this.charge({
      key: attemptId,
      orderId,
      amount: Number(paying.total_amount),
      currency: paying.currency,
      method: paying.payment_method,
      tries: 1,
    });
  }

  private async charge(attempt: Attempt): Promise<void> {
    try {
      const answer = await askInTime(this.services.provider.charge(attempt), this.config.SAGA_PAYMENT_TIMEOUT);
      await this.outcome.execute(attempt.key, answer);
    } catch (error) {
      this.services.logger.warn(
        { err: error, order: attempt.orderId, attempt: attempt.key },
        'payment outcome unknown',
      );
      await this.attempts.markUnknown(attempt.key);
    }
  }
}

@Injectable()
export class PaymentServices {
  constructor(
    readonly provider: PaymentProvider,
    readonly logger: Logger,
  ) {}
}
