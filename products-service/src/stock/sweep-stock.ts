import { isFinal, type Mark, type MarkedStock, type OrderState, type StockStore } from './stock-steps';

const PRODUCTS_PER_PAGE = 50;
const ORDERS_PER_QUERY = 500;

export interface SweepAges {
  /** Younger marks may belong to a handler that is still at work. */
  readonly checkAfterMs: number;
  /** C and X marks are kept this long, far beyond any handler's deadline. */
  readonly pullAfterMs: number;
}

/** Repairs lines that disagree with their order's final state (left by handlers that died or woke too late) and forgets old marks. */
export async function sweepStock(store: StockStore, ages: SweepAges): Promise<void> {
  for (let after = ''; ;) {
    const page = await store.markedStock(after, PRODUCTS_PER_PAGE);
    const last = page.at(-1);
    if (!last) return;
    await sweepPage(store, page, ages);
    after = last.productId;
  }
}

async function sweepPage(store: StockStore, page: readonly MarkedStock[], ages: SweepAges): Promise<void> {
  const before = new Date(store.now().getTime() - ages.checkAfterMs);
  const old = page.map(({ productId, marks }) => ({
    productId,
    marks: marks.filter(({ at }) => at < before),
    all: marks,
  }));
  const states = await statesOf(
    store,
    old.flatMap(({ marks }) => marks.map(({ o }) => o)),
  );
  const pullBefore = new Date(store.now().getTime() - ages.pullAfterMs);
  for (const { productId, marks, all } of old) {
    const settled: string[] = [];
    for (const mark of marks) {
      const repaired = await repair(store, { productId, mark, state: states.get(mark.o) });
      if (!repaired && isFinal(states.get(mark.o)) && mark.at < pullBefore) settled.push(mark.o);
    }
    if (settled.length > 0 || all.length === 0) await store.pullMarks(productId, settled, pullBefore);
  }
}

async function repair(
  store: StockStore,
  { productId, mark, state }: { productId: string; mark: Mark; state: OrderState | undefined },
): Promise<boolean> {
  const line = { productId, quantity: mark.n };
  if (mark.st === 'R' && isFinal(state)) return store.step('undo', mark.o, line);
  if (mark.st === 'C' && state === 'RELEASED') return store.step('unsell', mark.o, line);
  return false;
}

async function statesOf(store: StockStore, orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderState>> {
  const unique = [...new Set(orderIds)];
  const states = new Map<string, OrderState>();
  for (let start = 0; start < unique.length; start += ORDERS_PER_QUERY) {
    const part = await store.statesOf(unique.slice(start, start + ORDERS_PER_QUERY));
    for (const [id, state] of part) states.set(id, state);
  }
  return states;
}
