import { Injectable } from '@nestjs/common';
import { currentUser, DomainError, OutboxRelay } from '@shop/service-kit';
import type { OrderRow } from './order-row';
import { OrdersRepository } from './orders.repository';
import { WaitForOutcome } from './wait-for-outcome';

const PATIENCE_MS = 2000;

@Injectable()
export class CancelOrder {
  constructor(
    private readonly repository: OrdersRepository,
    private readonly waiter: WaitForOutcome,
    private readonly relay: OutboxRelay,
  ) {}

  /** @throws DomainError NOT_FOUND, ORDER_NOT_CANCELLABLE (with retryAfterMs while it is being paid). */
  async execute(id: string): Promise<OrderRow> {
    const giveUpAt = Date.now() + PATIENCE_MS;
    let order = await this.repository.getFor(currentUser(), id);
    while (order.status !== 'CANCELLED' && !(await this.cancelled(order))) {
      order = await this.repository.get(id);
      if (order.status === 'PAYING') order = await this.oncePaid(id, giveUpAt);
      else if (order.status !== 'CANCELLED' && isTooLate(order)) throw new DomainError('ORDER_NOT_CANCELLABLE');
    }
    return this.repository.get(id);
  }

  private async cancelled(order: OrderRow): Promise<boolean> {
    const { id: by } = currentUser();
    const reason = order.user_id === by ? 'CANCELLED_BY_CUSTOMER' : 'CANCELLED_BY_ADMIN';
    if (!(await this.repository.move(order.id, 'cancelled', { reason, by }))) return false;
    this.relay.nudge();
    this.waiter.nudge(order.id);
    return true;
  }

  // Whether the card was charged is not known yet, and an order must not end while it is not.
  private async oncePaid(id: string, giveUpAt: number): Promise<OrderRow> {
    await this.waiter.settled(id, giveUpAt);
    const order = await this.repository.get(id);
    if (order.status === 'PAYING') throw new DomainError('ORDER_NOT_CANCELLABLE', { retryAfterMs: PATIENCE_MS });
    return order;
  }
}

function isTooLate({ status }: OrderRow): boolean {
  return status === 'SHIPPED' || status === 'DELIVERED' || status === 'FAILED';
}
