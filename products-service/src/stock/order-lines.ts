import { BadMessageError, type IncomingEvent } from '@shop/service-kit';
import type { Line } from './stock-steps';

const LONGEST_ID = 100;

/** The order an event is about. @throws BadMessageError for what no order can contain. */
export function orderOf(event: IncomingEvent): { id: string; lines: Line[] } {
  const { orderId, lines } = event.data as { orderId?: unknown; lines?: unknown };
  if (!isId(orderId)) throw new BadMessageError('an order event without an order id');
  if (!Array.isArray(lines) || lines.length === 0) throw new BadMessageError('an order event without lines');
  return { id: orderId, lines: merged(lines) };
}

/** One line per product, in order of product id: two orders never wait for each other's products in a circle. */
function merged(lines: readonly unknown[]): Line[] {
  const byProduct = new Map<string, number>();
  for (const line of lines) {
    const { productId, quantity } = line as { productId?: unknown; quantity?: unknown };
    if (!isId(productId)) throw new BadMessageError('an order line without a product id');
    if (!Number.isSafeInteger(quantity) || Number(quantity) < 1)
      throw new BadMessageError('an order line without a quantity');
    byProduct.set(productId, (byProduct.get(productId) ?? 0) + Number(quantity));
  }
  const sorted = [...byProduct].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([productId, quantity]) => ({ productId, quantity }));
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_ID;
}
