import { converge, currentOrder } from './converge';
import type { Line, StockOrder, StockStore } from './stock-steps';

/** Gives back whatever a cancelled order holds, reserved or sold; for an order never seen it leaves a tombstone. */
export async function releaseStock(store: StockStore, order: { id: string; lines: readonly Line[] }): Promise<void> {
  const opened = await store.openOrder(order, 'RELEASED');
  const record = await release(store, opened);
  if (record.state === 'RESTOCKING') await restock(store, record);
  else await converge(store, record);
}

async function release(store: StockStore, order: StockOrder): Promise<StockOrder> {
  if (await store.moveOrder(order.id, 'RELEASED')) return { ...order, state: 'RELEASED' };
  if (await store.moveOrder(order.id, 'RESTOCKING')) return { ...order, state: 'RESTOCKING' };
  return currentOrder(store, order.id);
}

async function restock(store: StockStore, order: StockOrder): Promise<void> {
  for (const line of order.lines) {
    const marked = await store.step('unsell', order.id, line);
    if (!marked) await store.step('restock', order.id, line);
  }
  await store.moveOrder(order.id, 'RESTOCKED');
  await converge(store, { ...order, state: 'RESTOCKED' });
}
