import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { anOrderOf } from '../testing/builders';
import type { Client } from '../testing/client';
import { expectAllFinished } from '../testing/expect-consistent';
import { Fleet } from '../testing/fleet';
import { History } from '../testing/history';
import { LoadBalancer } from '../testing/load-balancer';
import { timeOf, withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { Repeating } from '../testing/repeating';

const STOPS_WITHIN_MS = 10_000;
const CUSTOMERS = 3;
// Steady rather than much: what a busy machine sheds is not what this is about.
const PAUSE_MS = 300;
const STOCK = 1_000_000;
const VISITS_BEFORE = 8;
// As long as orchestrators leave between one replacement and the next at the least.
const BETWEEN_MS = 1000;

proof('P24', 'when the instances of each app are restarted one by one under load, then no request fails', {
  sizes: {
    ci: { restarts: 1, ofEach: 1 },
    S: { restarts: 5, ofEach: 2 },
    L: { restarts: 5, ofEach: 2, rounds: 10 },
  },
  run: async ({ shop, books, size, history, figures }) => {
    const fleet = await Fleet.start(shop.system);
    const balancer = new LoadBalancer(fleet.gateways);
    const productId = await shop.productOnSale(STOCK);
    const customers = (await shop.customers(CUSTOMERS)).map((customer) => balancer.before(customer));
    await delay(BETWEEN_MS);
    // Eight processes have just started, and all at once: their first answers are slow for that, not for being replaced.
    for (let i = 0; i < VISITS_BEFORE; i++) await visit(customers[0]!, { productId, history: new History() });
    const load = new Repeating(
      PAUSE_MS,
      customers.map((customer) => () => visit(customer, { productId, history })),
    );
    try {
      const stops: number[] = [];
      for (let round = 0; round < size.restarts; round++) {
        for (const app of fleet.apps) {
          for (const [index, process] of fleet.of(app).slice(0, size.ofEach).entries()) {
            history.note(`SIGTERM ${app} ${index}`);
            let exitCode: number | null = null;
            stops.push(await timeOf(async () => void (exitCode = await process.stop())));
            history.note(`${app} ${index} ended with ${exitCode}`);
            expect([app, exitCode]).toEqual([app, 0]);
            await fleet.replace(app, index);
            await delay(BETWEEN_MS);
            expect(history.seen.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
          }
        }
      }
      await load.stop();
      figures.restarts = stops.length;
      figures['slowest stop ms'] = Math.max(...stops);
      expect(Math.max(...stops)).toBeLessThan(withSlack(STOPS_WITHIN_MS));
    } finally {
      await load.stop();
      await balancer.stop();
      await fleet.stop();
    }
    expect(history.seen.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect(history.seen.length).toBeGreaterThan(100);
    await expectAllFinished(books);
    expect(await books.wrongStock()).toEqual([]);
    expect(await books.wronglyCharged()).toEqual([]);
  },
});

async function visit(customer: Client, { productId, history }: { productId: string; history: History }): Promise<void> {
  const ask = (...request: Parameters<Client['call']>) =>
    history.record(request.slice(0, 2).join(' '), () => customer.call(...request));
  await ask('GET', '/users/me');
  await ask('GET', '/orders?limit=5');
  await ask('GET', `/products?search=${randomUUID()}`);
  await ask('POST', '/orders', anOrderOf(productId));
}
