import type { DataSource } from 'typeorm';
import type { OrdersRepository } from '../orders/orders.repository';
import type { AttemptsRepository } from './attempts.repository';
import type { HeldPayment, PaymentProvider } from './payment-provider';

export interface Settlement {
  /** Captured for orders that are no longer known, and paid back now. */
  paidBack: number;
  /** Cancelled and refunded once before; cancelled again, without a second refund. */
  cancelled: number;
  /** Orders that were refunded although they cannot be cancelled: for a person to look at. */
  unclear: string[];
}

/**
 * After a restore: the provider remembers what the database has forgotten. Money of payments that nobody knows goes back, and
 * orders that were refunded are cancelled. To be run while no process serves orders; running it again changes nothing.
 */
export class SettleWithProvider {
  constructor(
    private readonly database: DataSource,
    private readonly orders: OrdersRepository,
    private readonly attempts: AttemptsRepository,
    private readonly provider: PaymentProvider,
  ) {}

  async execute(since: Date): Promise<Settlement> {
    const settlement: Settlement = { paidBack: 0, cancelled: 0, unclear: [] };
    for await (const payment of this.provider.movedSince(since)) {
      const orderId = await this.orderOf(payment.key);
      if (orderId) await this.takeOverRefund(orderId, payment, settlement);
      else settlement.paidBack += await this.payBack(payment);
    }
    return settlement;
  }

  private async orderOf(attemptId: string): Promise<string | undefined> {
    const sql = 'SELECT order_id FROM payment_attempts WHERE id = $1';
    return (await this.database.query<{ order_id: string }[]>(sql, [attemptId]))[0]?.order_id;
  }

  // The payment's own key is the refund's: paying it back twice is paying it back once.
  private async payBack({ key, reference, amount, refunds }: HeldPayment): Promise<number> {
    const owed = amount - refunds.reduce((sum, refund) => sum + refund.amount, 0);
    if (owed <= 0) return 0;
    await this.provider.refund({ key, reference, amount: owed });
    return 1;
  }

  private async takeOverRefund(orderId: string, payment: HeldPayment, settlement: Settlement): Promise<void> {
    const refund = payment.refunds[0];
    if (!refund || (await this.knows(refund.key))) return;
    await this.attempts.settle(payment.key, { status: 'captured', reference: payment.reference });
    const isTakenOver = await this.orders.transaction(async (transaction) => {
      await this.orders.moveIn(transaction, orderId, { event: 'cancelled', reason: 'REFUNDED' });
      const [, changed] = await transaction.query<[unknown[], number]>(
        'UPDATE refunds SET id = $2, done_at = now() WHERE attempt_id = $1 AND done_at IS NULL',
        [payment.key, refund.key],
      );
      return changed > 0;
    });
    if (isTakenOver) settlement.cancelled += 1;
    else settlement.unclear.push(orderId);
  }

  private async knows(refundKey: string): Promise<boolean> {
    return (await this.database.query<unknown[]>('SELECT 1 FROM refunds WHERE id = $1', [refundKey])).length > 0;
  }
}
