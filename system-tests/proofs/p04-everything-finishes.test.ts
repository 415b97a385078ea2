import { randomOf } from '../../products-service/src/testing/interleaving';
import { anOrderOf } from '../testing/builders';
import { orderIdOf } from '../testing/buyer';
import type { Client } from '../testing/client';
import { expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Nemesis } from '../testing/nemesis';
import { proof } from '../testing/proof';
import { Repeating } from '../testing/repeating';

const BUYERS = 6;
const HARM_EVERY_MS = 3000;
const PAUSE_MS = 100;
const CARDS = ['pm_card_visa', 'pm_card_visa', 'pm_card_visa_chargeDeclined', 'pm_card_slow', 'pm_card_unreachable'];

proof('P04', 'when every app and store is killed or frozen at random, then everything ends when that does', {
  sizes: { ci: { harm: 4 }, S: { harm: 25 }, L: { harm: 25, rounds: 10 } },
  run: async ({ shop, books, size, round, history, figures }) => {
    const dice = randomOf(round);
    const productId = await shop.productOnSale(1000);
    const customers = await shop.customers(BUYERS);
    const buy = async (customer: Client): Promise<void> => {
      const order = anOrderOf(productId, 1, CARDS[Math.floor(dice() * CARDS.length)]);
      const seen = await history.record('POST /orders', () => customer.call('POST', '/orders', order));
      if (seen.outcome !== 'ok' || dice() < 0.7) return;
      const path = `/orders/${orderIdOf(seen)}/cancel`;
      await history.record('POST /orders/:id/cancel', () => customer.call('POST', path));
    };
    const buyers = new Repeating(
      PAUSE_MS,
      customers.map((customer) => () => buy(customer)),
    );
    const nemesis = Nemesis.anything(shop.system, history, { everyMs: HARM_EVERY_MS, atMost: size.harm, dice });
    await nemesis.done;
    await buyers.stop();
    await expectAllFinished(books);

    const statuses = (await Promise.all(customers.map(ordersOf))).flat().map(({ status }) => status);
    figures.orders = statuses.length;
    expect(['confirmed', 'failed', 'cancelled']).toEqual(expect.arrayContaining([...new Set(statuses)]));
    expect(await books.wrongStock()).toEqual([]);
    expect(await books.wronglyCharged()).toEqual([]);
  },
});
