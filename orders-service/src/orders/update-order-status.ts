import { Injectable } from '@nestjs/common';
import { DomainError, OutboxRelay, requireAdmin } from '@shop/service-kit';
import type { UpdateOrderStatusDto } from './order.dto';
import type { OrderRow } from './order-row';
import { OrdersRepository } from './orders.repository';

@Injectable()
export class UpdateOrderStatus {
  constructor(
    private readonly repository: OrdersRepository,
    private readonly relay: OutboxRelay,
  ) {}

  /** @throws DomainError FORBIDDEN, NOT_FOUND, ILLEGAL_TRANSITION. */
  async execute({ id, status }: UpdateOrderStatusDto): Promise<OrderRow> {
    const { id: by } = requireAdmin();
    await this.repository.get(id);
    if (!(await this.repository.move(id, status, { by }))) throw new DomainError('ILLEGAL_TRANSITION');
    this.relay.nudge();
    return this.repository.get(id);
  }
}
