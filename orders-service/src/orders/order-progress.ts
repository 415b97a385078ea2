import { Injectable } from '@nestjs/common';
import { OutboxRelay } from '@shop/service-kit';
import type { orders } from '@shop/proto';
import type { StoredAnswer } from './order-row';
import { isSettled } from './order-process';
import { OrderBacklog } from './order-backlog';
import { OrdersRepository } from './orders.repository';
import { toProto } from './to-proto';
import { WaitForOutcome } from './wait-for-outcome';

/** Follows an order that has been written until its outcome, or until the caller's patience ends. */
@Injectable()
export class OrderProgress {
  constructor(
    private readonly relay: OutboxRelay,
    private readonly waiter: WaitForOutcome,
    private readonly repository: OrdersRepository,
    private readonly backlog: OrderBacklog,
  ) {}

  /** @throws DomainError UNAVAILABLE while it is no use to write another order. */
  requireRoom(): void {
    this.backlog.requireRoom();
  }

  /** Its events leave now instead of at the relay's next poll. */
  nudge(): void {
    this.relay.nudge();
  }

  async answer(orderId: string, giveUpAt: number, replayed: boolean): Promise<orders.PlaceOrderResponse> {
    await this.waiter.settled(orderId, giveUpAt);
    const { order, firstAnswer } = await this.repository.getAnswered(orderId);
    // The order may have moved on since it was settled; all requests with its key are told the same.
    if (firstAnswer) return repeated(firstAnswer, order.shippingAddress, replayed);
    return answerOf({ order: toProto(order), failure: order.failure, settled: isSettled(order.status) }, replayed);
  }
}

interface Outcome extends StoredAnswer {
  readonly settled: boolean;
}

/** The first answer once more, with the address that its order has, or has no more. */
export function repeated(
  { order, failure }: StoredAnswer,
  shippingAddress: orders.Address | undefined,
  replayed: boolean,
): orders.PlaceOrderResponse {
  return answerOf({ order: { ...order, shippingAddress }, failure, settled: true }, replayed);
}

function answerOf({ order, failure, settled }: Outcome, replayed: boolean): orders.PlaceOrderResponse {
  const outcome = failure?.code ?? (settled ? (order.status === 'cancelled' ? 'cancelled' : 'confirmed') : 'pending');
  return { order, outcome, shortages: failure?.shortages ?? [], replayed };
}
