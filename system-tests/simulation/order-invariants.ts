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
  return [...brokenAlways(stock), ...bank.complaints];
}

/** What must be true when everything has come to rest. */
export function brokenInTheEnd(world: World): string[] {
  const orders = [...world.tables.orders.values()];
  const sold = orders.filter(({ status }) => SOLD.includes(status)).flatMap(({ items }) => items);
  return [...orders.flatMap((order) => wronglyCharged(world, order)), ...brokenAtEnd(world.stock, sold)];
}

/** Exactly one charge of the exact amount for what is sold; for everything else nothing, or all of it back. */
function wronglyCharged({ bank }: World, { status, payment_method: card, total_amount: total }: StoredOrder): string[] {
  const { net, captures } = bank.accountOf(card);
  const paid = net === Number(total) && captures === 1;
  if (SOLD.includes(status) ? paid : net === 0) return [];
  return [`${card} paid ${net} in ${captures} captures for ${total}, and the order is ${status}`];
}

/** What is still to be sent, answered, found out or paid back. */
export function unfinished({ tables, stock, bank }: World): string[] {
  const { orders, attempts, refunds, outbox } = tables;
  return [
    ...left(orders, ({ status }) => !isSettled(status)).map(({ id, status }) => `order ${id} is ${status}`),
    ...left(attempts, ({ status }) => status === 'STARTED' || status === 'UNKNOWN').map(
      ({ order_id: orderId, status }) => `the payment of ${orderId} is ${status}`,
    ),
    ...left(refunds, ({ done_at: doneAt }) => doneAt === null).map(({ order_id: id }) => `${id} is not refunded`),
    ...left(outbox, ({ published_at: at }) => at === null).map(({ type, subject }) => `${type} ${subject} is not sent`),
    ...(bank.isIdle ? [] : ['the bank has requests']),
    ...(isStockSettled(stock) ? [] : ['stock has replies or marks']),
  ];
}

function left<T>(table: ReadonlyMap<string, T>, test: (row: T) => boolean): T[] {
  return [...table.values()].filter(test);
}
