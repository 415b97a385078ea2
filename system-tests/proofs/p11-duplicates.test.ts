import { randomOf } from '../../products-service/src/testing/interleaving';
import { anOrderOf } from '../testing/builders';
import { orderIdOf, placeUntilKnown, sharedBy } from '../testing/buyer';
import { expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Listener } from '../testing/listener';
import { sendAll } from '../testing/operator';
import { proof } from '../testing/proof';

const BUYERS = 5;
const COPIES = 3;
const TOPICS = ['order.created', 'order.confirmed', 'order.cancelled', 'stock.reserved', 'stock.rejected'];

proof('P11', 'when the messages of orders come again, three times each and in another order, then nothing changes', {
  sizes: {
    ci: { orders: 20, shuffles: 2 },
    S: { orders: 50, shuffles: 5 },
    L: { orders: 50, shuffles: 5, rounds: 5 },
  },
  run: async ({ shop, books, size, round, history, figures }) => {
    const dice = randomOf(round);
    // Some orders find nothing left.
    const productIds = [await shop.productOnSale(size.orders), await shop.productOnSale(size.orders / 5)];
    const customers = await shop.customers(BUYERS);
    const listener = await Listener.to(shop.system, TOPICS);
    await sharedBy(BUYERS, Array.from({ length: size.orders }), async (_, buyer) => {
      const card = dice() < 0.15 ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa';
      const order = anOrderOf(productIds[dice() < 0.5 ? 0 : 1]!, 1 + Math.floor(dice() * 2), card);
      const seen = await placeUntilKnown(customers[buyer]!, history, order);
      if (seen.answer?.status !== 201 || dice() > 0.4) return;
      const path = `/orders/${orderIdOf(seen)}/cancel`;
      await history.record('POST /orders/:id/cancel', () => customers[buyer]!.call('POST', path));
    });
    await expectAllFinished(books);
    const messages = (await listener.messages()).map(({ content, fields, properties }) => ({
      type: fields.routingKey,
      body: content,
      options: properties,
    }));
    figures.messages = messages.length;
    expect(messages.filter(({ type }) => type === 'order.cancelled').length).toBeGreaterThan(0);
    const stateNow = async () => ({
      orders: (await Promise.all(customers.map(ordersOf))).flat().sort((a, b) => (a.id < b.id ? -1 : 1)),
      stock: await Promise.all(productIds.map((id) => books.stockOf(id))),
    });
    const before = await stateNow();

    for (let turn = 0; turn < size.shuffles; turn++) {
      await sendAll(
        shop.system,
        shuffled(
          Array.from({ length: COPIES }).flatMap(() => messages),
          dice,
        ),
      );
      await expectAllFinished(books);
      expect(await stateNow()).toEqual(before);
    }
    expect(await books.wrongStock()).toEqual([]);
    expect(await books.wronglyCharged()).toEqual([]);
  },
});

function shuffled<T>(all: readonly T[], dice: () => number): T[] {
  const mixed = [...all];
  for (let last = mixed.length - 1; last > 0; last--) {
    const other = Math.floor(dice() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other]!, mixed[last]!];
  }
  return mixed;
}
