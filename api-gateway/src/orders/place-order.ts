import { Injectable } from '@nestjs/common';
import type { orders } from '@shop/proto';
import { DomainError, isReason, requireTime } from '@shop/service-kit';
import type { FastifyReply } from 'fastify';
import { OrdersClient } from '../clients.module';
import { setLocation } from '../http/location';
import type { OrderBody } from './order-bodies';
import type { PlaceOrderDto } from './order-requests';
import { toAddress, toOrderBody } from './to-order-body';

// A client is answered within 2.5 s, what has passed before we got here included.
const WAIT_UNTIL_MS = 2000;
// Whoever still waits then is answered at the same moment as all the others, which takes a while when they are many.
const GIVE_UP_AT_MS = 2450;
// With less, an order could be written whose answer nobody hears.
const LEAST_TIME_MS = 250;

interface Wish {
  readonly userId: string;
  readonly body: PlaceOrderDto;
  /** Empty when the client sent none. */
  readonly idempotencyKey: string;
}

@Injectable()
export class PlaceOrder {
  constructor(private readonly orders: OrdersClient) {}

  /** @throws DomainError also when there is an order, but a failed one: then with its `orderId`. UNAVAILABLE when it is too late to begin. */
  async execute({ userId, body, idempotencyKey }: Wish, reply: FastifyReply): Promise<OrderBody> {
    const passedMs = Math.ceil(reply.elapsedTime);
    const timeoutMs = GIVE_UP_AT_MS - passedMs;
    requireTime(LEAST_TIME_MS, timeoutMs);
    const { items, paymentMethod, shippingAddress } = body;
    const request = {
      userId,
      items: items.map(({ productId, quantity }) => ({ productId, quantity })),
      paymentMethod,
      shippingAddress: toAddress(shippingAddress),
      idempotencyKey,
      waitMs: Math.max(0, WAIT_UNTIL_MS - passedMs),
    };
    const placed = await this.orders.placeOrder(request, { timeoutMs });
    if (placed.replayed) void reply.header('idempotent-replayed', 'true');
    const order = orderOf(placed);
    void reply.status(placed.outcome === 'confirmed' ? 201 : 202);
    setLocation(reply, order.id);
    return toOrderBody(order);
  }
}

/** @throws DomainError for an order that has failed. */
export function orderOf({ order, outcome, shortages }: orders.PlaceOrderResponse): orders.Order {
  if (!order) throw new DomainError('INTERNAL');
  const orderId = order.id;
  if (outcome === 'OUT_OF_STOCK')
    throw new DomainError(outcome, { data: { orderId, items: shortages.map(toShortage) } });
  if (isReason(outcome)) throw new DomainError(outcome, { data: { orderId } });
  // Also failed, for example because products-service was away for minutes: nothing could be reserved.
  if (order.status === 'failed') {
    const detail = 'The stock could not be reserved in time; nothing was charged';
    throw new DomainError('OUT_OF_STOCK', { detail, data: { orderId, items: [] } });
  }
  return order;
}

function toShortage({ productId, requested, available }: orders.Shortage): orders.Shortage {
  return { productId, requested, available };
}
