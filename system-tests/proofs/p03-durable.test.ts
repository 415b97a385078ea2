import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '../../products-service/src/testing/interleaving';
import { anOrder, anAddress } from '../testing/builders';
import { orderIdOf, sharedBy } from '../testing/buyer';
import { expectAllFinished, ordersOf } from '../testing/expect-consistent';
import type { Seen } from '../testing/history';
import { Nemesis } from '../testing/nemesis';
import { proof } from '../testing/proof';

const BUYERS = 10;
const KILL_EVERY_MS = 4000;
const LEAST_PATIENCE_MS = 300;
const KEYED = 0.5;
const PAUSE_MS = 1000;

proof('P03', 'when gateway, orders-service and its database are killed, then what was answered is true', {
  sizes: {
    ci: { orders: 150, kills: 4 },
    S: { orders: 600, kills: 15 },
    L: { orders: 600, kills: 30, rounds: 10 },
  },
  run: async ({ shop, books, size, round, history, figures }) => {
    const dice = randomOf(round);
    const productId = await shop.productOnSale(Math.floor(size.orders / 2));
    const customers = await shop.customers(BUYERS);
    const nemesis = Nemesis.killing(shop.system, history, {
      victims: ['orders-service', 'postgres', 'api-gateway'],
      everyMs: KILL_EVERY_MS,
      atMost: size.kills,
      dice,
    });
    const asked: { mark: string; seen: Seen[] }[] = [];
    await sharedBy(BUYERS, Array.from({ length: size.orders }), async (_, buyer) => {
      // Some give up before they could have an answer; those with a key ask once more.
      const mark = randomUUID();
      const order = anOrder({ items: [{ productId, quantity: 1 }], shippingAddress: anAddress({ line2: mark }) });
      const isKeyed = dice() < KEYED;
      const customer = customers[buyer]!.waiting(Math.round(LEAST_PATIENCE_MS + 3000 * dice()));
      const client = isKeyed ? customer.sending({ 'idempotency-key': mark }) : customer;
      const ask = (): Promise<Seen> => history.record('POST /orders', () => client.call('POST', '/orders', order));
      const seen = [await ask()];
      if (seen[0]!.outcome === 'unknown') await delay(PAUSE_MS);
      if (isKeyed && seen[0]!.outcome === 'unknown') seen.push(await ask());
      asked.push({ mark, seen });
    });
    await nemesis.stop();
    await expectAllFinished(books);
    figures.kills = nemesis.harm;

    const orders = (await Promise.all(customers.map(ordersOf))).flat();
    const lost = asked.filter(({ seen }) => seen.some((one) => isLost(one, orders)));
    const doubled = asked.filter(
      ({ mark }) => orders.filter(({ shippingAddress: { line2 } }) => line2 === mark).length > 1,
    );
    figures.exist = orders.length;
    expect(lost).toEqual([]);
    expect(doubled).toEqual([]);
    expect(orders.length).toBeLessThanOrEqual(asked.length);
    expect(await books.wrongStock()).toEqual([]);
    expect(await books.wronglyCharged()).toEqual([]);
  },
});

// Told of an order that is not there.
function isLost(seen: Seen, orders: readonly { id: string }[]): boolean {
  const id = orderIdOf(seen);
  if (seen.outcome === 'unknown' || (seen.outcome === 'fail' && id === '')) return false;
  return !orders.some((order) => order.id === id);
}
