import { setTimeout as delay } from 'node:timers/promises';
import { randomOf } from '../../products-service/src/testing/interleaving';
import { anOrderOf } from '../testing/builders';
import { orderIdOf, placeUntilKnown, sharedBy } from '../testing/buyer';
import { expectAllFinished } from '../testing/expect-consistent';
import { Listener } from '../testing/listener';
import { Nemesis } from '../testing/nemesis';
import { proof } from '../testing/proof';
import { untilWhole } from '../testing/until-whole';

const BUYERS = 10;
const KILL_EVERY_MS = 4000;
const PAUSE_MS = 250;

proof('P10', 'when broker, relay and consumer are killed, then every event arrives, and orders are taken meanwhile', {
  sizes: {
    // Three events of each order, and the answer about its stock.
    ci: { orders: 30, kills: 2, brokerAwayMs: 2000 },
    S: { orders: 300, kills: 15, brokerAwayMs: 10_000 },
    L: { orders: 2600, kills: 30, brokerAwayMs: 10_000 },
  },
  run: async ({ shop, books, size, round, history, figures }) => {
    const productId = await shop.productOnSale(100_000);
    const customers = await shop.customers(BUYERS);
    const listener = await Listener.to(shop.system);
    const nemesis = Nemesis.killing(shop.system, history, {
      victims: ['rabbitmq', 'orders-service', 'products-service'],
      everyMs: KILL_EVERY_MS,
      atMost: size.kills,
      dice: randomOf(round),
    });
    const placed: string[] = [];
    await sharedBy(BUYERS, Array.from({ length: size.orders }), async (_, buyer) => {
      placed.push(orderIdOf(await placeUntilKnown(customers[buyer]!, history, anOrderOf(productId))));
      await delay(PAUSE_MS);
    });
    await nemesis.done;
    await expectAllFinished(books);
    // What was killed last may not be back yet, and from here on nothing but the broker is away.
    await untilWhole(shop);

    // Without a broker, and with one that does not answer.
    for (const takeAway of [shop.system.holdDown, shop.system.freeze]) {
      const away = takeAway.call(shop.system, 'rabbitmq', size.brokerAwayMs);
      const until = Date.now() + size.brokerAwayMs;
      while (Date.now() < until) {
        const { answer } = await history.record('POST /orders without a broker', () =>
          customers[0]!.call('POST', '/orders', anOrderOf(productId)),
        );
        expect([201, 202]).toContain(answer?.status);
        placed.push(answer?.body.id);
      }
      await away;
      await expectAllFinished(books);
    }

    const events = await books.eventsOf(placed);
    const heard = new Set((await listener.heard()).map(({ messageId }) => messageId as string));
    Object.assign(figures, { kills: nemesis.harm, orders: placed.length, events: events.length, heard: heard.size });
    expect(events.length).toBeGreaterThanOrEqual(3 * placed.length);
    expect(events.filter((id) => !heard.has(id))).toEqual([]);
    expect(await books.wrongStock()).toEqual([]);
    expect(await books.wronglyCharged()).toEqual([]);
  },
});
