import { converge } from './converge';
import type { Line, StockOrder, StockStore } from './stock-steps';

/** Gives back whatever a cancelled order holds, reserved or sold; for an order never seen it leaves a tombstone. */
export async function releaseStock(store: StockStore, order: { id: string; lines: readonly Line[] }): Promise<void> {
  await store.openOrder(order, 'RELEASED');
  const moved = (await store.moveOrder(order.id, 'RELEASED')) ?? (await store.moveOrder(order.id, 'RESTOCKING'));
  let record = moved ?? (await store.findOrder(order.id));
  if (!record) throw new Error(`the stock record of order ${order.id} has vanished`);
  if (record.state === 'RESTOCKING') record = await restock(store, record);
  await converge(store, record);
}

async function restock(store: StockStore, record: StockOrder): Promise<StockOrder> {
  for (const line of record.lines) {
    const marked = await store.step('unsell', record.id, line);
    if (!marked) await store.step('restock', record.id, line);
  }
  return (await store.moveOrder(record.id, 'RESTOCKED')) ?? { ...record, state: 'RESTOCKED' };
}
