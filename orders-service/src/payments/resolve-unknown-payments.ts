import { Injectable } from '@nestjs/common';
import { OrdersConfig } from '../config';
import { type Attempt, AttemptsRepository } from './attempts.repository';
import { ChargeCard } from './charge-card';
import type { PaymentOutcome, PaymentProvider } from './payment-provider';

const TRIES = 3;

/** Finds out what became of charges without an answer: the same key again, at last by looking it up. Never a new key. */
@Injectable()
export class ResolveUnknownPayments {
  constructor(
    private readonly config: OrdersConfig,
    private readonly attempts: AttemptsRepository,
    private readonly card: ChargeCard,
  ) {}

  async execute(): Promise<void> {
    const { SAGA_STARTED_STALE_AFTER, SAGA_RECOVERY_INTERVAL } = this.config;
    const left = await this.attempts.claimLeft(SAGA_STARTED_STALE_AFTER, SAGA_RECOVERY_INTERVAL);
    await Promise.all(left.map((attempt) => this.card.execute(attempt, (provider) => ask(provider, attempt))));
  }
}

async function ask(provider: PaymentProvider, attempt: Attempt): Promise<PaymentOutcome> {
  if (attempt.tries <= TRIES && !attempt.isOld) return provider.charge(attempt);
  // Absent is only final once the key can no longer be charged by a request that is still on its way.
  return (await provider.lookUp(attempt.key)) ?? provider.void(attempt);
}
