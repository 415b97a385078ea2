import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { ApplyOutcome } from './apply-outcome';
import { askInTime } from './ask-in-time';
import { type Attempt, AttemptsRepository } from './attempts.repository';
import { PaymentProvider, type PaymentOutcome } from './payment-provider';

/** Asks the provider about an attempt, and records what it said: an outcome, or that nobody knows. */
@Injectable()
export class ChargeCard {
  constructor(
    private readonly config: OrdersConfig,
    private readonly attempts: AttemptsRepository,
    private readonly provider: PaymentProvider,
    private readonly outcome: ApplyOutcome,
    private readonly logger: Logger,
  ) {}

  async execute(attempt: Attempt, ask: (provider: PaymentProvider) => Promise<PaymentOutcome>): Promise<void> {
    try {
      await this.outcome.execute(attempt.key, await askInTime(ask(this.provider), this.config.SAGA_PAYMENT_TIMEOUT));
    } catch (error) {
      this.logger.warn({ err: error, order: attempt.orderId, tries: attempt.tries }, 'payment outcome unknown');
      await this.attempts.markUnknown(attempt.key);
    }
  }
}
