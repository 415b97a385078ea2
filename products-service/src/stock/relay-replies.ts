import type { StockOrder, StockStore } from './stock-steps';

const PAGE = 200;

/** Publishes; resolves with the ids of the orders whose reply the broker has confirmed. */
export type SendReplies = (orders: readonly StockOrder[]) => Promise<readonly string[]>;

/**
 * Answers a question, whether it was answered before or not. True when the answer arrived; else it is pending. A repeated
 * question costs no write: stock that cannot keep up is asked everything twice, and must not fall further behind by it.
 */
export async function sendReply(store: StockStore, order: StockOrder, send: SendReplies): Promise<boolean> {
  if (order.pending || !order.reply) return sendReplies(store, [order], send);
  const [sent] = await send([order]);
  if (sent === undefined) await store.repeatReply(order.id);
  return sent !== undefined;
}

/** Sends replies and marks those that arrived; the others stay pending. True when all arrived. */
async function sendReplies(store: StockStore, orders: readonly StockOrder[], send: SendReplies): Promise<boolean> {
  const due = orders.filter(({ pending, reply }) => pending && reply);
  if (due.length === 0) return true;
  const sent = await send(due);
  for (const orderId of sent) await store.replySent(orderId);
  return sent.length === due.length;
}

/** The backstop: replies whose sender died or found the broker away. True when nothing is left. */
export async function relayReplies(store: StockStore, olderThanMs: number, send: SendReplies): Promise<boolean> {
  const before = new Date(store.now().getTime() - olderThanMs);
  let complete = true;
  for (let after = ''; ;) {
    const page = await store.pendingReplies({ before, after, limit: PAGE });
    const last = page.at(-1);
    if (!last) return complete;
    complete = (await sendReplies(store, page, send)) && complete;
    after = last.id;
  }
}
