import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { askInTime } from './ask-in-time';
import { CLAIMED_AT_ONCE } from './claimed-at-once';
import { countRefund } from './payment-metrics';
import { PaymentProvider } from './payment-provider';
import { type Refund, RefundsRepository } from './refunds.repository';

// What a provider cannot pay at once takes hours or days.
const LOOK_AGAIN_AFTER_MS = 600_000;

/** Pays back what is owed, until the provider has it. The refund's id is the key, so paying twice is paying once. */
@Injectable()
export class PayRefunds {
  constructor(
    private readonly config: OrdersConfig,
    private readonly refunds: RefundsRepository,
    private readonly provider: PaymentProvider,
    private readonly logger: Logger,
  ) {}

  /** Whether a whole batch was paid: then the next need not wait. */
  async execute(): Promise<boolean> {
    const owed = await this.refunds.claim(this.provider.name, this.config.SAGA_STARTED_STALE_AFTER);
    const isPaid = await Promise.all(owed.map((refund) => this.pay(refund)));
    return owed.length === CLAIMED_AT_ONCE && isPaid.every(Boolean);
  }

  private async pay(refund: Refund): Promise<boolean> {
    const provider = this.provider.name;
    try {
      const state = await askInTime(this.provider.refund(refund), this.config.SAGA_PAYMENT_TIMEOUT);
      if (state === 'under way') return await this.look(refund);
      await this.refunds.done(refund.key);
      countRefund({ provider, outcome: 'paid' });
      return true;
    } catch (error) {
      countRefund({ provider, outcome: 'failed' });
      this.logger.warn({ err: error, refund: refund.key }, 'refund not paid yet');
      return false;
    }
  }

  private async look(refund: Refund): Promise<false> {
    this.logger.info({ refund: refund.key }, 'refund is under way');
    await this.refunds.putOff(refund.key, LOOK_AGAIN_AFTER_MS);
    return false;
  }
}
