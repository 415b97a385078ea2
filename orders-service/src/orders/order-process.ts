/**
 * The life of an order, as one table and one pure function. Everything else in this service carries out what `decide`
 * says: inside one PostgreSQL transaction for the state, and through the outbox for the rest of the shop.
 */

export type OrderStatus =
  'PENDING' | 'RESERVED' | 'PAYING' | 'CONFIRMED' | 'SHIPPED' | 'DELIVERED' | 'FAILED' | 'CANCELLED';

export type OrderEvent =
  | 'stock-reserved'
  | 'stock-rejected'
  | 'stock-silent'
  | 'payment-started'
  | 'payment-captured'
  | 'payment-declined'
  | 'cancelled'
  | 'reservation-expired'
  | 'shipped'
  | 'delivered';

/** What must happen in the same transaction as the move. */
export type Effect =
  | 'publish order.confirmed'
  | 'publish order.cancelled'
  | 'publish order.status_updated'
  | 'start reservation clock'
  | 'open payment attempt'
  | 'open refund';

interface Move {
  readonly from: readonly OrderStatus[];
  readonly to: OrderStatus;
  readonly effects: readonly Effect[];
  /** Public reason, kept in the order's history. */
  readonly reason?: string;
}

const told: Effect = 'publish order.status_updated';

/** Every legal move. An event that finds an order elsewhere is a duplicate or late, and changes nothing. */
const MOVES: Readonly<Record<OrderEvent, readonly Move[]>> = {
  'stock-reserved': [{ from: ['PENDING'], to: 'RESERVED', effects: ['start reservation clock'] }],
  'stock-rejected': [{ from: ['PENDING'], to: 'FAILED', effects: [told], reason: 'OUT_OF_STOCK' }],
  'stock-silent': [
    { from: ['PENDING'], to: 'FAILED', effects: ['publish order.cancelled', told], reason: 'STOCK_TIMED_OUT' },
  ],
  'payment-started': [{ from: ['RESERVED'], to: 'PAYING', effects: ['open payment attempt'] }],
  'payment-captured': [{ from: ['PAYING'], to: 'CONFIRMED', effects: ['publish order.confirmed', told] }],
  'payment-declined': [
    { from: ['PAYING'], to: 'FAILED', effects: ['publish order.cancelled', told], reason: 'PAYMENT_DECLINED' },
  ],
  cancelled: [
    { from: ['PENDING', 'RESERVED'], to: 'CANCELLED', effects: ['publish order.cancelled', told] },
    // Money was taken: the refund is owed from the very moment the order is cancelled.
    { from: ['CONFIRMED'], to: 'CANCELLED', effects: ['open refund', 'publish order.cancelled', told] },
  ],
  'reservation-expired': [
    { from: ['RESERVED'], to: 'CANCELLED', effects: ['publish order.cancelled', told], reason: 'RESERVATION_EXPIRED' },
  ],
  shipped: [{ from: ['CONFIRMED'], to: 'SHIPPED', effects: [told] }],
  delivered: [{ from: ['SHIPPED'], to: 'DELIVERED', effects: [told] }],
};

export interface OrderState {
  readonly status: OrderStatus;
  /** Set while stock is reserved and nobody has begun to pay. */
  readonly expiresAt?: Date;
}

export interface Decision<T extends OrderState> {
  /** The order after the move; the very same object when nothing changes. */
  readonly order: T;
  readonly effects: readonly Effect[];
  readonly reason?: string;
}

/** What an event makes of an order at a moment. Pure: the same question always has the same answer. */
export function decide<T extends OrderState>(order: T, event: OrderEvent, now: Date): Decision<T> {
  const move = MOVES[event].find(({ from }) => from.includes(order.status));
  const late = event === 'payment-started' && isExpired(order, now);
  const early = event === 'reservation-expired' && !isExpired(order, now);
  if (!move || late || early) return { order, effects: [] };
  return { order: { ...order, status: move.to }, effects: move.effects, reason: move.reason };
}

const FINAL_FOR_CLIENTS: readonly OrderStatus[] = ['CONFIRMED', 'SHIPPED', 'DELIVERED', 'FAILED', 'CANCELLED'];

/** True when POST /orders has its answer. */
export function isSettled(status: OrderStatus): boolean {
  return FINAL_FOR_CLIENTS.includes(status);
}

function isExpired({ expiresAt }: OrderState, now: Date): boolean {
  return expiresAt !== undefined && expiresAt.getTime() <= now.getTime();
}
