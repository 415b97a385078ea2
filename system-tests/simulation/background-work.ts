import type { OrdersReplica } from './orders-replica';
import type { ProductsReplica } from './products-replica';
import type { World } from './world';

/** What every replica looks for again and again. */
interface Round<Replica> {
  /** A round that would find nothing is left out: it only takes the time of those that do something. */
  readonly isDue: (world: World) => boolean;
  readonly run: (replica: Replica) => Promise<unknown>;
}

export const ORDERS_ROUNDS: readonly Round<OrdersReplica>[] = [
  {
    isDue: ({ tables }) => some(tables.outbox, ({ published_at: publishedAt }) => publishedAt === null),
    run: (replica) => replica.relayOutbox(),
  },
  {
    isDue: ({ tables }) => some(tables.orders, ({ status }) => status === 'PENDING' || status === 'RESERVED'),
    run: (replica) => replica.resumeStuckOrders(),
  },
  {
    isDue: ({ tables }) => some(tables.attempts, ({ status }) => status === 'STARTED' || status === 'UNKNOWN'),
    run: (replica) => replica.resolveUnknownPayments(),
  },
  {
    isDue: ({ tables }) => some(tables.refunds, ({ done_at: doneAt }) => doneAt === null),
    run: (replica) => replica.payRefunds(),
  },
];

export const PRODUCTS_ROUNDS: readonly Round<ProductsReplica>[] = [
  {
    isDue: ({ stock }) => some(stock.orders, ({ pending }) => pending),
    run: (replica) => replica.relayReplies(),
  },
  {
    isDue: ({ stock }) => some(stock.stock, ({ marks }) => marks.length > 0),
    run: (replica) => replica.sweep(),
  },
];

function some<T>(table: ReadonlyMap<string, T>, test: (row: T) => boolean): boolean {
  for (const row of table.values()) if (test(row)) return true;
  return false;
}
