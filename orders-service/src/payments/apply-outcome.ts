import { Injectable } from '@nestjs/common';
import { OutboxRelay } from '@shop/service-kit';
import { WaitForOutcome } from '../orders/wait-for-outcome';
import { OrdersRepository, openRefund } from '../orders/orders.repository';
import type { PaymentOutcome } from './payment-provider';

/** One place for answer, webhook and recovery: the first outcome of an attempt wins, and captured money never stays alone. */
@Injectable()
export class ApplyOutcome {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly relay: OutboxRelay,
    private readonly waiter: WaitForOutcome,
  ) {}

  async execute(attemptId: string, outcome: PaymentOutcome): Promise<void> {
    const captured = outcome.status === 'captured';
    const orderId = await this.orders.transaction(async (transaction) => {
      const [rows] = await transaction.query<[{ order_id: string }[], number]>(
        `UPDATE payment_attempts SET status = $2, reference = $3, touched_at = now()
         WHERE id = $1 AND status IN ('STARTED', 'UNKNOWN') RETURNING order_id`,
        [attemptId, captured ? 'CAPTURED' : 'DECLINED', captured ? outcome.reference : null],
      );
      const id = rows[0]?.order_id;
      if (!id) return undefined;
      const event = captured ? 'payment-captured' : 'payment-declined';
      const moved = await this.orders.moveIn(transaction, id, { event });
      if (captured && !moved) await openRefund(transaction, id);
      return id;
    });
    if (!orderId) return;
    this.waiter.nudge(orderId);
    this.relay.nudge();
  }
}
