import { Injectable } from '@nestjs/common';
import { appendToOutbox } from '@shop/service-kit';
import type { EntityManager } from 'typeorm';
import { repeatedEvent } from '../orders/order-events';
import type { OrderRow } from '../orders/order-row';
import { OrdersRepository } from '../orders/orders.repository';
import { AttemptsRepository } from '../payments/attempts.repository';
import { PaymentProvider } from '../payments/payment-provider';
import { openRefund } from '../payments/refunds.repository';
import type { Drift } from './drift';
import { isSold, isWithoutSale } from './stock-drift';

/** Does for a drift what its kind allows: each is what the protocol does anyway, once more. */
@Injectable()
export class MendDrift {
  constructor(
    private readonly orders: OrdersRepository,
    private readonly attempts: AttemptsRepository,
    private readonly provider: PaymentProvider,
  ) {}

  /** False when there is nothing to mend any more, or nothing that is safe. */
  async execute({ mend, of, id }: Drift): Promise<boolean> {
    if (mend === 'send order.confirmed again') return this.tellAgain(id, 'order.confirmed');
    if (mend === 'send order.cancelled again') return this.tellAgain(id, 'order.cancelled');
    if (mend === 'open the refund') return this.refund(id);
    if (mend === 'apply the capture') return of === 'payment' ? this.applyCapture(id) : this.confirm(id);
    return false;
  }

  private tellAgain(id: string, type: 'order.confirmed' | 'order.cancelled'): Promise<boolean> {
    return this.orders.transaction(async (transaction) => {
      const order = await locked(transaction, id);
      const isStillSo = type === 'order.confirmed' ? isSold : isWithoutSale;
      if (!order || !isStillSo(order.status)) return false;
      await appendToOutbox(transaction, [repeatedEvent(type, order)]);
      return true;
    });
  }

  private refund(id: string): Promise<boolean> {
    return this.orders.transaction(async (transaction) => {
      const order = await locked(transaction, id);
      if (!order || !isWithoutSale(order.status)) return false;
      await openRefund(transaction, id);
      return true;
    });
  }

  private async confirm(id: string): Promise<boolean> {
    return (await this.orders.move(id, 'payment-captured')) !== undefined;
  }

  // The provider's own word, asked for now: the list that it was found in may be old.
  private async applyCapture(attemptId: string): Promise<boolean> {
    const outcome = await this.provider.lookUp(attemptId);
    if (outcome?.status !== 'captured') return false;
    return (await this.attempts.settle(attemptId, outcome)) !== undefined;
  }
}

async function locked(transaction: EntityManager, id: string): Promise<OrderRow | undefined> {
  return (await transaction.query<OrderRow[]>('SELECT * FROM orders WHERE id = $1 FOR UPDATE', [id]))[0];
}
