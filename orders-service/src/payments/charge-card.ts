import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { ApplyOutcome } from './apply-outcome';
import { askInTime } from './ask-in-time';
import { type Attempt, AttemptsRepository } from './attempts.repository';
import { countPayment } from './payment-metrics';
import { mayBeForgotten, PaymentProvider, type PaymentOutcome } from './payment-provider';

const TRIES = 3;

/** Asks the provider about an attempt, and records what it said: an outcome, or that nobody knows. Never a new key. */
@Injectable()
export class ChargeCard {
  constructor(
    private readonly config: OrdersConfig,
    private readonly attempts: AttemptsRepository,
    private readonly provider: PaymentProvider,
    private readonly outcome: ApplyOutcome,
    private readonly logger: Logger,
  ) {}

  /** Whether there is an outcome. */
  async execute(attempt: Attempt): Promise<boolean> {
    try {
      await this.outcome.execute(attempt.key, await askInTime(this.ask(attempt), this.config.SAGA_PAYMENT_TIMEOUT));
      return true;
    } catch (error) {
      this.logger.warn({ err: error, orderId: attempt.orderId, attempt: attempt.tries }, 'payment outcome unknown');
      countPayment({ provider: this.provider.name, outcome: 'unknown' });
      await this.attempts.markUnknown(attempt.key);
      return false;
    }
  }

  private async ask(attempt: Attempt): Promise<PaymentOutcome> {
    if (attempt.tries <= TRIES && !mayBeForgotten(attempt)) return this.provider.charge(attempt);
    // Absent is only final once the key can no longer be charged by a request that is still on its way.
    return (await this.provider.lookUp(attempt.key)) ?? this.provider.void(attempt);
  }
}
