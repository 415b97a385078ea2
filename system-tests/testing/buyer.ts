import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from './client';
import type { History, Seen } from './history';

const PAUSE_MS = 250;

/** Places orders as a good client does: with a key, and again with the same one until it knows what became of it. */
export async function placeUntilKnown(customer: Client, history: History, order: object): Promise<Seen> {
  const keyed = customer.sending({ 'idempotency-key': randomUUID() });
  for (;;) {
    const seen = await history.record('POST /orders', () => keyed.call('POST', '/orders', order));
    const { code } = (seen.answer?.body ?? {}) as { code?: string };
    if (seen.outcome !== 'unknown' && code !== 'REQUEST_IN_PROGRESS') return seen;
    await delay(PAUSE_MS);
  }
}

/** The order's id, also of one that failed. */
export function orderIdOf({ answer }: Seen): string {
  const { id, orderId } = (answer?.body ?? {}) as { id?: string; orderId?: string };
  return id ?? orderId ?? '';
}

/** Runs `work` for every item, so many at once. */
export async function sharedBy<T>(
  workers: number,
  items: readonly T[],
  work: (item: T, worker: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (_: unknown, index: number): Promise<void> => {
    while (next < items.length) await work(items[next++]!, index);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}
