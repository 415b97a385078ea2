import { converge, currentOrder } from './converge';
import type { StockStore } from './stock-steps';

/** Turns what a paid order has reserved into sold. If the order was released meanwhile, the release wins. */
export async function commitStock(store: StockStore, orderId: string): Promise<'done' | 'unknown order'> {
  const record = await store.findOrder(orderId);
  if (!record) return 'unknown order';
  if (record.state !== 'RESERVED') {
    await converge(store, record);
    return 'done';
  }
  await store.steps(
    orderId,
    record.lines.map((line) => ['commit', line]),
  );
  if (await store.moveOrder(orderId, 'COMMITTED')) return 'done';
  await converge(store, await currentOrder(store, orderId));
  return 'done';
}
