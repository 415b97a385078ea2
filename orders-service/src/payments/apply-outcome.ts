import { Injectable } from '@nestjs/common';
import { OutboxRelay } from '@shop/service-kit';
import { WaitForOutcome } from '../orders/wait-for-outcome';
import { AttemptsRepository } from './attempts.repository';
import { countPayment, showPaymentsOf } from './payment-metrics';
import { PaymentProvider, type PaymentOutcome } from './payment-provider';

/** One place for answer, webhook and recovery: whichever comes first wins, the others change nothing. */
@Injectable()
export class ApplyOutcome {
  constructor(
    private readonly attempts: AttemptsRepository,
    private readonly provider: PaymentProvider,
    private readonly relay: OutboxRelay,
    private readonly waiter: WaitForOutcome,
  ) {
    showPaymentsOf(provider.name);
  }

  async execute(attemptId: string, outcome: PaymentOutcome): Promise<void> {
    const orderId = await this.attempts.settle(attemptId, outcome);
    if (!orderId) return;
    countPayment({ provider: this.provider.name, outcome: outcome.status });
    this.waiter.nudge(orderId);
    this.relay.nudge();
  }
}
