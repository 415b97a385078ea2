import { counter, histogram } from '@shop/service-kit';
import { isSettled, type OrderStatus } from './order-process';
import type { OrderRow } from './order-row';

const DURATION_BUCKETS = [0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 900, 3600];

const countMove = counter({
  name: 'orders_transitions_total',
  help: 'Orders by the status that they have come to; pending is placed',
  labels: ['to'],
});
const observeDuration = histogram({
  name: 'order_duration_seconds',
  help: 'From the placing of an order to the first of confirmed, failed and cancelled, by which it was',
  labels: ['outcome'],
  buckets: DURATION_BUCKETS,
});
const STATUSES = ['PENDING', 'RESERVED', 'PAYING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'FAILED', 'CANCELLED'] as const;
for (const status of STATUSES) countMove({ to: nameOf(status) }, 0);

export interface Moved {
  readonly from: OrderStatus;
  readonly order: Pick<OrderRow, 'status' | 'created_at' | 'updated_at'>;
}

export function countPlaced(): void {
  countMove({ to: nameOf('PENDING') });
}

/** To be called when it is committed. */
export function countMoved({ from, order }: Moved): void {
  const name = nameOf(order.status);
  countMove({ to: name });
  if (isSettled(from) || !isSettled(order.status)) return;
  observeDuration({ outcome: name }, (order.updated_at.getTime() - order.created_at.getTime()) / 1000);
}

/** A status as a label says it. */
export function nameOf(status: OrderStatus): string {
  return status.toLowerCase();
}
