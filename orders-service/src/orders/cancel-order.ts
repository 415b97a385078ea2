import { Injectable } from '@nestjs/common';
import { currentUser, DomainError, OutboxRelay } from '@shop/service-kit';
import { WaitForOutcome } from './wait-for-outcome';
import type { OrderRow } from './order-row';
import { OrdersRepository } from './orders.repository';

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
    let order = await this.visible(id);
    if (order.status === 'PAYING') {
      // Whether the card was charged is not known yet, and an order must not end while it is not.
      await this.waiter.settled(id, Date.now() + PATIENCE_MS);
      order = await this.visible(id);
    }
    if (order.status === 'CANCELLED') return order;
    if (!(await this.repository.move(id, 'cancelled', { reason: reasonOf(order) }))) return this.late(id);
    this.relay.nudge();
    this.waiter.nudge(id);
    return this.repository.get(id);
  }

  private async late(id: string): Promise<OrderRow> {
    const order = await this.repository.get(id);
    if (order.status === 'CANCELLED') return order;
    throw new DomainError('ORDER_NOT_CANCELLABLE', { retryAfterMs: order.status === 'PAYING' ? 2000 : undefined });
  }

  private async visible(id: string): Promise<OrderRow> {
    const user = currentUser();
    const order = await this.repository.get(id);
    if (order.user_id !== user.id && user.role !== 'admin') throw new DomainError('NOT_FOUND');
    return order;
  }
}

function reasonOf(order: OrderRow): string {
  return order.user_id === currentUser().id ? 'CANCELLED_BY_CUSTOMER' : 'CANCELLED_BY_ADMIN';
}
