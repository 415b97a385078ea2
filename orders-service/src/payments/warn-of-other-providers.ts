import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { PaymentProvider } from './payment-provider';

/** What is open with a provider that is not the chosen one stays open: only that one can be asked about it. */
@Injectable()
export class WarnOfOtherProviders {
  private done = false;

  constructor(
    private readonly database: DataSource,
    private readonly provider: PaymentProvider,
    private readonly logger: Logger,
  ) {}

  async once(): Promise<void> {
    if (this.done) return;
    const left = await this.database.query<{ provider: string; payments: number; refunds: number }[]>(
      `SELECT o.payment_provider AS provider, count(a.id)::int AS payments, count(r.id)::int AS refunds
       FROM orders o
       LEFT JOIN payment_attempts a ON a.order_id = o.id AND a.status IN ('STARTED', 'UNKNOWN')
       LEFT JOIN refunds r ON r.order_id = o.id AND r.done_at IS NULL
       WHERE o.payment_provider <> $1
         AND o.id IN (SELECT order_id FROM payment_attempts WHERE status IN ('STARTED', 'UNKNOWN')
           UNION ALL SELECT order_id FROM refunds WHERE done_at IS NULL)
       GROUP BY o.payment_provider`,
      [this.provider.name],
    );
    this.done = true;
    for (const open of left)
      this.logger.warn(
        open,
        'another payment provider has open payments or refunds: choose it again until there are none',
      );
  }
}
