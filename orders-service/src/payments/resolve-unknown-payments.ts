import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { ApplyOutcome } from './apply-outcome';
import { askInTime } from './ask-in-time';
import { type Attempt, AttemptsRepository } from './attempts.repository';
import { PaymentProvider, type PaymentOutcome } from './payment-provider';

const TRIES = 3;

/** Finds out what became of charges without an answer: the same key again, at last by looking it up. Never a new key. */
@Injectable()
export class ResolveUnknownPayments {
  constructor(
    private readonly config: OrdersConfig,
    private readonly attempts: AttemptsRepository,
    private readonly provider: PaymentProvider,
    private readonly outcome: ApplyOutcome,
    private readonly logger: Logger,
  ) {}

  async execute(): Promise<void> {
    const { SAGA_STARTED_STALE_AFTER, SAGA_RECOVERY_INTERVAL } = this.config;
    const left = await this.attempts.claimLeft(SAGA_STARTED_STALE_AFTER, SAGA_RECOVERY_INTERVAL);
    await Promise.all(left.map((attempt) => this.resolve(attempt)));
  }

  private async resolve(attempt: Attempt): Promise<void> {
    try {
      await this.outcome.execute(attempt.key, await askInTime(this.ask(attempt), this.config.SAGA_PAYMENT_TIMEOUT));
    } catch (error) {
      this.logger.warn({ err: error, order: attempt.orderId, tries: attempt.tries }, 'payment outcome still unknown');
      await this.attempts.markUnknown(attempt.key);
    }
  }

  private async ask(attempt: Attempt): Promise<PaymentOutcome> {
    if (attempt.tries <= TRIES) return this.provider.charge(attempt);
    // Absent is only final once the key can no longer be charged by a request that is still on its way.
    return (await this.provider.lookUp(attempt.key)) ?? this.provider.void(attempt);
  }
}
