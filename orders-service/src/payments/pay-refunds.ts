import { Injectable } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';
import { askInTime } from './ask-in-time';
import { PaymentProvider } from './payment-provider';

interface RefundRow {
  id: string;
  amount: string;
  reference: string;
}

/** Pays back what is owed, until the provider has it. The refund's id is the key, so paying twice is paying once. */
@Injectable()
export class PayRefunds {
  constructor(
    private readonly config: OrdersConfig,
    private readonly database: DataSource,
    private readonly provider: PaymentProvider,
    private readonly logger: Logger,
  ) {}

  async execute(): Promise<void> {
    const [rows] = await this.database.query<[RefundRow[], number]>(
      `UPDATE refunds r SET next_try_at = now() + $1::int * interval '1 millisecond' FROM payment_attempts a
       WHERE a.id = r.attempt_id AND r.id IN (
         SELECT id FROM refunds WHERE done_at IS NULL AND next_try_at <= now()
         ORDER BY next_try_at LIMIT 20 FOR UPDATE SKIP LOCKED)
       RETURNING r.id, r.amount, a.reference`,
      [this.config.SAGA_STARTED_STALE_AFTER],
    );
    await Promise.all(rows.map((refund) => this.pay(refund)));
  }

  private async pay({ id, amount, reference }: RefundRow): Promise<void> {
    try {
      const refund = { key: id, reference, amount: Number(amount) };
      await askInTime(this.provider.refund(refund), this.config.SAGA_PAYMENT_TIMEOUT);
      await this.database.query('UPDATE refunds SET done_at = now() WHERE id = $1 AND done_at IS NULL', [id]);
    } catch (error) {
      this.logger.warn({ err: error, refund: id }, 'refund not paid yet');
    }
  }
}
