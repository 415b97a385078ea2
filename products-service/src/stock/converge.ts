import { isFinal, type StockOrder, type StockStore } from './stock-steps';

/**
 * Makes the lines agree with the recorded state, whoever disturbed them: nothing stays reserved in a final state, and what
 * was sold goes back when the order was released. Every handler ends here before it answers or acknowledges.
 */
export async function converge(store: StockStore, order: StockOrder): Promise<void> {
  if (!isFinal(order.state)) return;
  const names = order.state === 'RELEASED' ? (['undo', 'unsell'] as const) : (['undo'] as const);
  await store.steps(
    order.id,
    order.lines.flatMap((line) => names.map((name) => [name, line] as const)),
  );
}

/** What is recorded now: for a handler that lost its compare-and-set. */
export async function currentOrder(store: StockStore, orderId: string): Promise<StockOrder> {
  const order = await store.findOrder(orderId);
  if (!order) throw new Error(`the stock record of order ${orderId} has vanished`);
  return order;
}
