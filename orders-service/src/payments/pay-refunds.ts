import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { askInTime } from './ask-in-time';
import { countRefund } from './payment-metrics';
import { PaymentProvider } from './payment-provider';
import { type Refund, RefundsRepository } from './refunds.repository';

/** Pays back what is owed, until the provider has it. The refund's id is the key, so paying twice is paying once. */
@Injectable()
export class PayRefunds {
  constructor(
    private readonly config: OrdersConfig,
    private readonly refunds: RefundsRepository,
    private readonly provider: PaymentProvider,
    private readonly logger: Logger,
  ) {}

  async execute(): Promise<void> {
    const owed = await this.refunds.claim(this.provider.name, this.config.SAGA_STARTED_STALE_AFTER);
    await Promise.all(owed.map((refund) => this.pay(refund)));
  }

  private async pay(refund: Refund): Promise<void> {
    const provider = this.provider.name;
    try {
      await askInTime(this.provider.refund(refund), this.config.SAGA_PAYMENT_TIMEOUT);
      await this.refunds.done(refund.key);
      countRefund({ provider, outcome: 'paid' });
    } catch (error) {
      countRefund({ provider, outcome: 'failed' });
      this.logger.warn({ err: error, refund: refund.key }, 'refund not paid yet');
    }
  }
}
