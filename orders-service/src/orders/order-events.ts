import { randomUUID } from 'node:crypto';
import { BadMessageError, type IncomingEvent, isUuid, type OutgoingEvent } from '@shop/service-kit';
import type { Effect } from './order-process';
import type { NewOrder, OrderItem, OrderRow } from './order-row';
import { publicStatus } from './to-proto';

export function createdEvent({ id, items }: Pick<NewOrder, 'id' | 'items'>): OutgoingEvent {
  return event('order.created', id, { orderId: id, lines: linesOf(items) });
}

type MovedOrder = Pick<OrderRow, 'id' | 'user_id' | 'status' | 'items'>;

/** @throws BadMessageError for what can be no order of ours, however often it is delivered. */
export function orderIdOf({ data: { orderId } }: IncomingEvent<{ orderId: string }>): string {
  if (!isUuid(orderId)) throw new BadMessageError('orderId is not an id of an order');
  return orderId;
}

/** What a move tells the rest of the shop. */
export function eventsOf(effects: readonly Effect[], order: MovedOrder, reason = ''): OutgoingEvent[] {
  const { id, user_id: userId, items } = order;
  const lines = linesOf(items);
  return effects.flatMap((effect) => {
    if (effect === 'publish order.confirmed') return [event('order.confirmed', id, { orderId: id, lines })];
    if (effect === 'publish order.cancelled') return [event('order.cancelled', id, { orderId: id, lines, reason })];
    if (effect !== 'publish order.status_updated') return [];
    const data = { orderId: id, userId, status: publicStatus(order.status), reason };
    return [{ ...event('order.status_updated', id, data), mandatory: false }];
  });
}

/** Once more, for handlers that have missed it; to those that have not it is nothing new. */
export function repeatedEvent(type: 'order.confirmed' | 'order.cancelled', { id, items }: OrderRow): OutgoingEvent {
  const lines = linesOf(items);
  return event(type, id, { orderId: id, lines, ...(type === 'order.cancelled' ? { reason: '' } : {}) });
}

function event(type: string, subject: string, data: object): OutgoingEvent {
  return { id: randomUUID(), type, subject, time: new Date().toISOString(), data, mandatory: true };
}

function linesOf(items: readonly OrderItem[]): { productId: string; quantity: number }[] {
  return items.map(({ productId, quantity }) => ({ productId, quantity }));
}
