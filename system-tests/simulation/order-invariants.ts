import { isSettled } from '../../orders-service/src/orders/order-process';
import {
  brokenAlways,
  brokenAtEnd,
  isSettled as isStockSettled,
} from '../../products-service/src/testing/stock-invariants';
import type { StoredOrder } from './memory-postgres';
import type { World } from './world';

const SOLD: readonly string[] = ['CONFIRMED', 'SHIPPED', 'DELIVERED'];

/** What must be true after every single step. */
export function brokenAtAnyTime({ stock, bank }: World): string[] {
  return [...brokenAlways(stock), ...bank.overpaid().map((card) => `${card} got back more than it paid`)];
}

/** What must be true when everything has come to rest. */
export function brokenInTheEnd(world: World): string[] {
  const orders = [...world.tables.orders.values()];
  const sold = orders.filter(({ status }) => SOLD.includes(status)).flatMap(({ items }) => items);
  return [
    ...orders.filter(({ status }) => !isSettled(status)).map(({ id, status }) => `order ${id} never ended: ${status}`),
    ...orders.flatMap((order) => wronglyCharged(world, order)),
    ...brokenAtEnd(world.stock, sold),
  ];
}

/** Exactly one charge of the exact amount for what is sold; for everything else nothing, or all of it back. */
function wronglyCharged({ bank }: World, { status, payment_method: card, total_amount: total }: StoredOrder): string[] {
  const { net, captures } = bank.accountOf(card);
  const paid = net === Number(total) && captures === 1;
  if (SOLD.includes(status) ? paid : net === 0) return [];
  return [`${card} paid ${net} in ${captures} captures for ${total}, and the order is ${status}`];
}

/** Nothing is left to send, to answer, to find out or to pay back. */
export function isAtRest({ tables, stock, bank }: World): boolean {
  return (
    [...tables.orders.values()].every(({ status }) => isSettled(status)) &&
    [...tables.attempts.values()].every(({ status }) => status === 'CAPTURED' || status === 'DECLINED') &&
    [...tables.refunds.values()].every(({ done_at: doneAt }) => doneAt !== null) &&
    [...tables.outbox.values()].every(({ published_at: publishedAt }) => publishedAt !== null) &&
    bank.isIdle &&
    isStockSettled(stock)
  );
}
