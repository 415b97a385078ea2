import { Injectable } from '@nestjs/common';
import { isUuid } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { ApplyOutcome } from './apply-outcome';
import type { PaymentOutcome } from './payment-provider';

export interface ToldOutcome {
  readonly shop: string;
  readonly attemptId: string;
  readonly outcome: PaymentOutcome['status'];
  readonly reference: string;
}

/** What the payment provider tells by itself; the account may take other shops' money, too. */
@Injectable()
export class RecordPaymentOutcome {
  constructor(
    private readonly config: OrdersConfig,
    private readonly outcome: ApplyOutcome,
  ) {}

  async execute({ shop, attemptId, outcome: status, reference }: ToldOutcome): Promise<void> {
    if (shop !== this.config.STRIPE_SHOP || !isUuid(attemptId)) return;
    await this.outcome.execute(attemptId, status === 'captured' ? { status, reference } : { status });
  }
}
