import { converge, currentOrder } from './converge';
import type { StockStore } from './stock-steps';

/**
 * Turns what a paid order has reserved into sold. If the order was released meanwhile, the release wins. What is not reserved (any
 * more) can only be so because MongoDB has lost what it had answered: then nobody is told that it was done.
 */
export async function commitStock(
  store: StockStore,
  orderId: string,
): Promise<'done' | 'unknown order' | 'not decided' | 'refused'> {
  const record = await store.findOrder(orderId);
  if (!record) return 'unknown order';
  if (record.state === 'RESERVING') return 'not decided';
  if (record.state === 'REJECTED') return 'refused';
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
