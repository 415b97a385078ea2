import { Injectable } from '@nestjs/common';
import { OrdersConfig } from '../config';
import { AttemptsRepository } from './attempts.repository';
import { ChargeCard } from './charge-card';
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

  async execute(): Promise<void> {
    const { SAGA_STARTED_STALE_AFTER: startedMs, SAGA_RECOVERY_INTERVAL: unknownMs } = this.config;
    const left = await this.attempts.claimLeft(this.provider.name, startedMs, unknownMs);
    await Promise.all(left.map((attempt) => this.card.execute(attempt)));
  }
}
