import { randomUUID } from 'node:crypto';
import { converge, currentOrder } from './converge';
import type { Line, Reply, Shortage, StockOrder, StockStore } from './stock-steps';

const TRIES_PER_LINE = 3;

export interface OrderToReserve {
  readonly id: string;
  /** One per product, in order of product id. */
  readonly lines: readonly Line[];
  readonly requestId?: string;
  readonly traceparent?: string;
}

/**
 * Reserves all lines of an order or none, once per order however often it is asked, and answers with the order's record:
 * its reply, if it has one, is due (`sendReply`), also when it was sent before: somebody has asked again.
 */
export async function reserveStock(store: StockStore, order: OrderToReserve): Promise<StockOrder> {
  const record = await store.openOrder(order, 'RESERVING');
  if (record.state !== 'RESERVING') {
    await converge(store, record);
    return record;
  }
  const outcome = await reserveLines(store, record);
  const reply = replyTo(store, order, outcome);
  const state = outcome.held ? ('RESERVED' as const) : ('REJECTED' as const);
  const decided = (await store.moveOrder(record.id, state, reply))
    ? { ...record, state, reply, pending: true }
    : await currentOrder(store, record.id);
  await converge(store, decided);
  return decided;
}

type Outcome = { readonly held: true } | { readonly held: false; readonly shortages: Shortage[] };

async function reserveLines(store: StockStore, { id, lines }: StockOrder): Promise<Outcome> {
  for (const [index, line] of lines.entries()) {
    const result = await reserveLine(store, id, line);
    if (result === 'held') continue;
    if (result === 'closed') return { held: false, shortages: [] };
    return { held: false, shortages: [result, ...(await furtherShortages(store, id, lines.slice(index + 1)))] };
  }
  return { held: true };
}

async function reserveLine(store: StockStore, orderId: string, line: Line): Promise<'held' | 'closed' | Shortage> {
  const { productId, quantity: requested } = line;
  let available = 0;
  for (let attempt = 0; attempt < TRIES_PER_LINE; attempt++) {
    if (await store.step('reserve', orderId, line)) return 'held';
    const seen = await store.readLine(productId, orderId);
    if (seen.marks.length > 0) return seen.marks.includes('R') ? 'held' : 'closed';
    available = seen.available;
    // Enough by now: somebody gave back between the two operations, so it is worth another try.
    if (available < requested) break;
  }
  return { productId, requested, available: Math.min(available, requested - 1) };
}

// Only read: the customer wants to know of every line that is short, and the order is lost anyway.
async function furtherShortages(store: StockStore, orderId: string, lines: readonly Line[]): Promise<Shortage[]> {
  const shortages: Shortage[] = [];
  for (const { productId, quantity: requested } of lines) {
    const { available, marks } = await store.readLine(productId, orderId);
    if (marks.length === 0 && available < requested) shortages.push({ productId, requested, available });
  }
  return shortages;
}

function replyTo(store: StockStore, order: OrderToReserve, outcome: Outcome): Reply {
  return {
    id: randomUUID(),
    type: outcome.held ? 'stock.reserved' : 'stock.rejected',
    time: store.now().toISOString(),
    shortages: outcome.held ? [] : outcome.shortages,
    requestId: order.requestId,
    traceparent: order.traceparent,
  };
}
