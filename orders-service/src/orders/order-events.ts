import { randomUUID } from 'node:crypto';
import type { OutgoingEvent } from '@shop/service-kit';
import type { NewOrder, OrderItem, OrderRow } from './order-row';
import { publicStatus } from './to-proto';

export function createdEvent({ id, items }: Pick<NewOrder, 'id' | 'items'>): OutgoingEvent {
  return event('order.created', id, { orderId: id, lines: linesOf(items) });
}

export function confirmedEvent({ id, items }: OrderRow): OutgoingEvent {
  return event('order.confirmed', id, { orderId: id, lines: linesOf(items) });
}

export function cancelledEvent({ id, items }: OrderRow, reason: string): OutgoingEvent {
  return event('order.cancelled', id, { orderId: id, lines: linesOf(items), reason });
}

export function statusUpdatedEvent({ id, user_id: userId, status }: OrderRow, reason: string): OutgoingEvent {
  const data = { orderId: id, userId, status: publicStatus(status), reason };
  return { ...event('order.status_updated', id, data), mandatory: false };
}

function event(type: string, subject: string, data: object): OutgoingEvent {
  return { id: randomUUID(), type, subject, time: new Date().toISOString(), data, mandatory: true };
}

function linesOf(items: readonly OrderItem[]): { productId: string; quantity: number }[] {
  return items.map(({ productId, quantity }) => ({ productId, quantity }));
}
