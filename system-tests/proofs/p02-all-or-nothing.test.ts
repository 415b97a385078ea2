import { randomOf } from '../../products-service/src/testing/interleaving';
import { anOrder } from '../testing/builders';
import { orderIdOf, placeUntilKnown, sharedBy } from '../testing/buyer';
import { expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Nemesis } from '../testing/nemesis';
import { proof } from '../testing/proof';

const PRODUCTS = 20;
const BUYERS = 20;
const KILL_EVERY_MS = 4000;
const CANCELLED = 0.15;
const DECLINED = 0.1;

proof('P02', 'when orders- and products-service are killed at random, then each order has all of its lines or none', {
  sizes: {
    ci: { orders: 80, units: 14, kills: 3 },
    S: { orders: 1000, units: 120, kills: 20 },
    L: { orders: 1000, units: 120, kills: 40, rounds: 4 },
  },
  run: async ({ shop, books, size, round, history, figures }) => {
    const dice = randomOf(round);
    const any = (limit: number): number => Math.floor(dice() * limit);
    const productIds: string[] = [];
    for (let i = 0; i < PRODUCTS; i++) productIds.push(await shop.productOnSale(size.units));
    const customers = await shop.customers(BUYERS);
    const anyOrder = (): object => {
      const [first, lines] = [any(PRODUCTS), 1 + any(5)];
      // A stride that is prime to their number never comes to a product twice.
      const products = Array.from({ length: lines }, (_, index) => productIds[(first + 7 * index) % PRODUCTS]!);
      const items = products.map((productId) => ({ productId, quantity: 1 + any(3) }));
      return anOrder({ items, ...(dice() < DECLINED ? { paymentMethod: 'pm_card_visa_chargeDeclined' } : {}) });
    };

    const nemesis = Nemesis.killing(shop.system, history, {
      victims: ['orders-service', 'products-service'],
      everyMs: KILL_EVERY_MS,
      atMost: size.kills,
      dice,
    });
    const placed: string[] = [];
    await sharedBy(BUYERS, Array.from({ length: size.orders }, anyOrder), async (order, buyer) => {
      const customer = customers[buyer]!;
      const seen = await placeUntilKnown(customer, history, order);
      const id = orderIdOf(seen);
      placed.push(id);
      if (seen.answer?.status !== 201 || dice() > CANCELLED) return;
      await history.record('POST /orders/:id/cancel', () => customer.call('POST', `/orders/${id}/cancel`));
    });
    await nemesis.stop();
    await expectAllFinished(books);
    figures.kills = nemesis.harm;

    const orders = (await Promise.all(customers.map(ordersOf))).flat();
    Object.assign(figures, countsOf(orders.map(({ status }) => status)));
    expect(orders.map(({ id }) => id).sort()).toEqual(placed.sort());
    expect(await books.wrongStock()).toEqual([]);
    expect(await books.wronglyCharged()).toEqual([]);
  },
});

function countsOf(statuses: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
