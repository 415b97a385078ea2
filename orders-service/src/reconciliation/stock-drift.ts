import type { OrderStatus } from '../orders/order-process';
import type { OrderItem } from '../orders/order-row';
import type { StockRecord } from '../products/products.client';
import type { ComparedOrder } from './compared-orders.repository';
import type { Drift, Mend } from './drift';

const NO_RECORD = 'nothing';
const SOLD = ['COMMITTED'];
const HELD = ['RESERVED'];
const FREE = [NO_RECORD, 'REJECTED', 'RELEASED', 'RESTOCKED'];

/** What stock must have recorded of an order in each state, once nothing of it is under way. */
export const RECORDS_OF: Readonly<Record<OrderStatus, readonly string[]>> = {
  PENDING: [NO_RECORD, 'RESERVING', 'RESERVED', 'REJECTED'],
  RESERVED: HELD,
  PAYING: HELD,
  CONFIRMED: SOLD,
  SHIPPED: SOLD,
  DELIVERED: SOLD,
  FAILED: FREE,
  CANCELLED: FREE,
};

export function isSold(status: OrderStatus): boolean {
  return RECORDS_OF[status] === SOLD;
}

export function isWithoutSale(status: OrderStatus): boolean {
  return RECORDS_OF[status] === FREE;
}

/** States of a record in which goods are kept from others. */
export function holdsGoods(state: string): boolean {
  return !FREE.includes(state);
}

export function stockDriftsOf(order: ComparedOrder, record: StockRecord | undefined): Drift[] {
  const { id, status, items } = order;
  const state = record?.state ?? NO_RECORD;
  const about = { of: 'order', id } as const;
  if (!RECORDS_OF[status].includes(state)) return [{ ...about, ...wrongState(status, state) }];
  if (!record || (!isSold(status) && !holdsGoods(state) && record.disagreeing.length === 0)) return [];
  if (!sameLines(record.lines, items))
    return [{ ...about, kind: 'lines-differ', detail: `${status}, stock: ${state}` }];
  if (record.disagreeing.length === 0) return [];
  const detail = `${status}, stock: ${state}, but not of products ${record.disagreeing.join(', ')}`;
  return [{ ...about, kind: 'units-disagree', detail, mend: againFor(status) }];
}

// What only delays a handler is mended by telling it again. What has gone to others is not taken back.
function wrongState(status: OrderStatus, state: string): Pick<Drift, 'kind' | 'detail' | 'mend'> {
  const detail = `${status}, stock: ${state}`;
  if (isSold(status) && state === 'RESERVED') return { kind: 'not-sold', detail, mend: againFor(status) };
  if (isWithoutSale(status)) return { kind: 'not-given-back', detail, mend: againFor(status) };
  return { kind: 'goods-not-held', detail };
}

function againFor(status: OrderStatus): Mend | undefined {
  if (isSold(status)) return 'send order.confirmed again';
  return isWithoutSale(status) ? 'send order.cancelled again' : undefined;
}

function sameLines(lines: StockRecord['lines'], items: readonly OrderItem[]): boolean {
  const wanted = unitsOf(items);
  return lines.length === wanted.size && lines.every(({ productId, quantity }) => wanted.get(productId) === quantity);
}

/** How many of which product an order is about. */
export function unitsOf(items: readonly OrderItem[]): Map<string, number> {
  const units = new Map<string, number>();
  for (const { productId, quantity } of items) units.set(productId, (units.get(productId) ?? 0) + quantity);
  return units;
}
