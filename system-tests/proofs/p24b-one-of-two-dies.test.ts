import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { anOrderOf } from '../testing/builders';
import { orderIdOf, placeUntilKnown } from '../testing/buyer';
import type { Client } from '../testing/client';
import { expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Fleet } from '../testing/fleet';
import { History, type Seen } from '../testing/history';
import { LoadBalancer } from '../testing/load-balancer';
import { proof } from '../testing/proof';
import { Repeating } from '../testing/repeating';

const BUYERS = 2;
// Few: what a busy machine is late with is not what this is about.
const READERS = 3;
const STOCK = 1_000_000;
const PAUSE_MS = 100;
const HANGS_FOR_MS = 300;
const GONE_FOR_MS = 1000;
const AFTER_MS = 1000;
const ROUNDS_BEFORE = 8;

proof(
  'P24b',
  'when one of the two instances of each app is killed under load, then no read fails and no order is lost',
  {
    sizes: { ci: { kills: 1 }, S: { kills: 2 }, L: { kills: 4, rounds: 10 } },
    run: async ({ shop, books, size, history, figures }) => {
      const fleet = await Fleet.start(shop.system);
      const balancer = new LoadBalancer(fleet.gateways, { repeatsReads: true });
      try {
        const productId = await shop.productOnSale(STOCK);
        const customers = (await shop.customers(BUYERS)).map((customer) => balancer.before(customer));
        // Eight processes have just started, and all at once: their first answers are slow for that.
        for (let i = 0; i < ROUNDS_BEFORE; i++) await read(customers[0]!, { productId, history: new History() });
        const placed: Seen[] = [];
        const buy = async (customer: Client): Promise<void> => {
          placed.push(await placeUntilKnown(customer, history, anOrderOf(productId)));
        };
        const load = new Repeating(PAUSE_MS, [
          ...customers.map((customer) => () => buy(customer)),
          ...Array.from({ length: READERS }, (_, i) => () => read(customers[i % BUYERS]!, { productId, history })),
        ]);
        try {
          for (let kill = 0; kill < size.kills; kill++) await killOneOfEach(fleet, history, kill % 2);
        } finally {
          await load.stop();
        }
        const reads = history.seen.filter(({ what }) => what.startsWith('GET'));
        Object.assign(figures, {
          reads: reads.length,
          'slowest read ms': slowestOf(reads),
          orders: placed.length,
        });
        expect(reads.filter(({ outcome }) => outcome !== 'ok').slice(0, 5)).toEqual([]);
        expect(placed.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
        await expectAllFinished(books);
        const orders = (await Promise.all(customers.map(ordersOf))).flat();
        expect(orders.map(({ id }) => id).sort()).toEqual(placed.map(orderIdOf).sort());
        expect(orders.filter(({ status }) => status !== 'confirmed')).toEqual([]);
        expect((await books.stockOf(productId)).sold).toBe(orders.length);
        expect(await books.wrongStock()).toEqual([]);
        expect(await books.wronglyCharged()).toEqual([]);
      } finally {
        await balancer.stop();
        await fleet.stop();
      }
    },
  },
);

async function killOneOfEach(fleet: Fleet, history: History, index: number): Promise<void> {
  for (const app of fleet.apps) {
    const process = fleet.of(app)[index]!;
    // So that it dies with calls in its hands, however few there are.
    process.send('SIGSTOP');
    await delay(HANGS_FOR_MS);
    history.note(`kill -9 ${app} ${index}`);
    await process.end();
    await delay(GONE_FOR_MS);
    await fleet.replace(app, index);
    history.note(`${app} ${index} is back`);
    await delay(AFTER_MS);
  }
}

interface Browsing {
  readonly productId: string;
  readonly history: History;
}

// One of each app, and nothing that a gateway remembers.
async function read(customer: Client, { productId, history }: Browsing): Promise<void> {
  const paths = ['/users/me', '/orders?limit=5', `/products?search=${randomUUID()}`, `/products/${productId}`];
  for (const path of paths) await history.record(`GET ${path}`, () => customer.call('GET', path));
}

function slowestOf(seen: readonly Seen[]): number {
  return Math.max(...seen.map(({ tookMs }) => tookMs));
}
