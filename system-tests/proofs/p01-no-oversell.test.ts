import { anOrderOf } from '../testing/builders';
import type { Books } from '../testing/books';
import { orderIdOf, placeUntilKnown, sharedBy } from '../testing/buyer';
import { expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Nemesis } from '../testing/nemesis';
import { proof } from '../testing/proof';
import { Repeating } from '../testing/repeating';

const KILL_EVERY_MS = 3000;
const SAMPLE_EVERY_MS = 50;
const CUSTOMERS = 5;

proof('P01', 'when more is ordered at once than there is while products-service is killed, then exactly that is sold', {
  sizes: {
    ci: { orders: 150, units: 30, kills: 3 },
    S: { orders: 500, units: 100, kills: 10 },
    L: { orders: 500, units: 100, kills: 20, rounds: 10 },
  },
  run: async ({ shop, books, size, history, figures }) => {
    const productId = await shop.productOnSale(size.units);
    const customers = await shop.customers(CUSTOMERS);
    const samples = new Samples(books, productId);
    const nemesis = Nemesis.killing(shop.system, history, {
      victims: ['products-service'],
      everyMs: KILL_EVERY_MS,
      atMost: size.kills,
    });
    const placed: string[] = [];
    await sharedBy(size.orders, Array.from({ length: size.orders }), async (_, index) => {
      const customer = customers[index % CUSTOMERS]!;
      placed.push(orderIdOf(await placeUntilKnown(customer, history, anOrderOf(productId))));
    });
    await nemesis.stop();
    await expectAllFinished(books);
    figures.kills = nemesis.harm;
    figures.samples = await samples.stop();

    const orders = (await Promise.all(customers.map(ordersOf))).flat();
    const confirmed = orders.filter(({ status }) => status === 'confirmed').length;
    figures.confirmed = confirmed;
    expect(samples.wrong).toEqual([]);
    expect(confirmed).toBe(size.units);
    expect(orders.map(({ id }) => id).sort()).toEqual(placed.sort());
    expect(await books.stockOf(productId)).toEqual({
      available: 0,
      reserved: 0,
      sold: size.units,
      adjusted: size.units,
    });
    expect(await books.wronglyCharged()).toEqual([]);
  },
});

/** Looks at a product's stock all the time. */
class Samples {
  readonly wrong: unknown[] = [];

  private taken = 0;
  private readonly work: Repeating;

  constructor(
    private readonly books: Books,
    private readonly productId: string,
  ) {
    this.work = new Repeating(SAMPLE_EVERY_MS, [() => this.take()]);
  }

  async stop(): Promise<number> {
    await this.work.stop();
    return this.taken;
  }

  private async take(): Promise<void> {
    const stock = await this.books.stockOf(this.productId);
    this.taken++;
    const { available, reserved, sold, adjusted } = stock;
    if (available < 0 || available + reserved + sold !== adjusted) this.wrong.push(stock);
  }
}
