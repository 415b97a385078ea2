import { Injectable } from '@nestjs/common';
import { OrdersConfig } from '../config';
import { AttemptsRepository } from './attempts.repository';
import { ChargeCard } from './charge-card';
import { CLAIMED_AT_ONCE } from './claimed-at-once';
import { PaymentProvider } from './payment-provider';

/** Finds out what became of charges without an answer: the same key again, at last by looking it up. Never a new key. */
@Injectable()
export class ResolveUnknownPayments {
  constructor(
    private readonly config: OrdersConfig,
    private readonly attempts: AttemptsRepository,
    private readonly card: ChargeCard,
    private readonly provider: PaymentProvider,
  ) {}

  /** Whether it was answered about a whole batch: then it does well, and the next need not wait. */
  async execute(): Promise<boolean> {
    const { SAGA_STARTED_STALE_AFTER: startedMs, SAGA_RECOVERY_INTERVAL: unknownMs } = this.config;
    const left = await this.attempts.claimLeft(this.provider.name, startedMs, unknownMs);
    const isKnown = await Promise.all(left.map((attempt) => this.card.execute(attempt)));
    return left.length === CLAIMED_AT_ONCE && isKnown.every(Boolean);
  }
}
