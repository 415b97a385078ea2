import { isFinal, type Mark, type MarkedStock, type OrderStanding, type StockStore } from './stock-steps';

const PRODUCTS_PER_PAGE = 50;
const ORDERS_PER_QUERY = 500;

export interface SweepAges {
  /** Younger marks may belong to a handler that is still at work. */
  readonly checkAfterMs: number;
  /** C and X marks are kept this long after their order's final state, far beyond any handler's deadline. */
  readonly pullAfterMs: number;
}

/** Repairs lines that disagree with their order's final state (left by handlers that died or woke too late) and forgets old marks. */
export async function sweepStock(store: StockStore, ages: SweepAges): Promise<void> {
  for (let after = ''; ;) {
    const page = await store.markedStock(after, PRODUCTS_PER_PAGE);
    const last = page.at(-1);
    if (!last) return;
    const old = before(store, ages.checkAfterMs);
    const orderIds = page.flatMap(({ marks }) => marks.filter(({ at }) => at < old).map(({ o }) => o));
    const standing = await standingOf(store, orderIds);
    for (const stock of page)
      await sweepProduct(store, stock, { standing, pullBefore: before(store, ages.pullAfterMs) });
    after = last.productId;
  }
}

interface Sweep {
  /** Of the orders whose marks are old enough to be looked at. */
  readonly standing: ReadonlyMap<string, OrderStanding>;
  readonly pullBefore: Date;
}

async function sweepProduct(store: StockStore, { productId, marks }: MarkedStock, sweep: Sweep): Promise<void> {
  const settled: string[] = [];
  for (const mark of marks) {
    const order = sweep.standing.get(mark.o);
    if (!order || !isFinal(order.state)) continue;
    if (await repair(store, { productId, mark, order })) continue;
    // The order's time counts too: its last handler may have needed long, and others may still be where it was.
    if (mark.at < sweep.pullBefore && order.at < sweep.pullBefore) settled.push(mark.o);
  }
  if (settled.length > 0 || marks.length === 0) await store.pullMarks(productId, settled, sweep.pullBefore);
}

async function repair(
  store: StockStore,
  { productId, mark, order }: { productId: string; mark: Mark; order: OrderStanding },
): Promise<boolean> {
  const line = { productId, quantity: mark.n };
  if (mark.st === 'R') return store.step('undo', mark.o, line);
  if (mark.st === 'C' && order.state === 'RELEASED') return store.step('unsell', mark.o, line);
  return false;
}

async function standingOf(store: StockStore, orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStanding>> {
  const unique = [...new Set(orderIds)];
  const all = new Map<string, OrderStanding>();
  for (let start = 0; start < unique.length; start += ORDERS_PER_QUERY) {
    const part = await store.standingOf(unique.slice(start, start + ORDERS_PER_QUERY));
    for (const [id, standing] of part) all.set(id, standing);
  }
  return all;
}

function before(store: StockStore, ageMs: number): Date {
  return new Date(store.now().getTime() - ageMs);
}
