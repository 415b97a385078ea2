import { Injectable } from '@nestjs/common';
import { OrdersConfig } from '../config';
import { AttemptsRepository } from './attempts.repository';
import { ChargeCard } from './charge-card';

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
    await Promise.all(left.map((attempt) => this.card.execute(attempt)));
  }
}
