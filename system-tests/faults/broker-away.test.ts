import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import { Books } from '../testing/books';
import type { Answer } from '../testing/client';
import { expectAllAddsUp, expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Shop } from '../testing/shop';
import type { System } from '../testing/system';

const AWAY_FOR = 20_000;
const BUYERS = 3;
const STOCK = 20;

let shop: Shop;
let books: Books;

beforeAll(async () => {
  shop = await Shop.open();
});

afterEach(() => books?.close());

test.each([
  ['is down', (system: System) => system.holdDown('rabbitmq', AWAY_FOR)],
  ['hangs', (system: System) => system.freeze('rabbitmq', AWAY_FOR)],
])(
  'when the broker %s for 20 s, then orders are accepted, and finished when it is back',
  async (_how, takeAway) => {
    const productId = await shop.productOnSale(STOCK);
    const customer = await shop.customer();
    const before = await customer.call('POST', '/orders', anOrderOf(productId));
    expect(before.status).toBe(201);

    let isAway = true;
    const answers: Answer[] = [];
    const buyer = async (): Promise<void> => {
      while (isAway) answers.push(await customer.call('POST', '/orders', anOrderOf(productId)));
    };
    const back = takeAway(shop.system).finally(() => (isAway = false));
    await delay(500);
    await Promise.all([back, ...Array.from({ length: BUYERS }, buyer)]);

    expect(answers.length).toBeGreaterThan(BUYERS);
    expect([201, 202]).toEqual(expect.arrayContaining(answers.map(({ status }) => status)));
    books = await openedAgain();
    await expectAllFinished(books);
    const sold = await expectAllAddsUp({ shop, books }, { customer, productId, stock: STOCK });
    expect(sold).toBe(Math.min(STOCK, answers.length + 1));
    const orders = (await ordersOf(customer)).map(({ id }) => id);
    expect(orders).toEqual(expect.arrayContaining(answers.map(({ body }) => body.id)));
  },
  180_000,
);

async function openedAgain(): Promise<Books> {
  let opened: Books | undefined;
  await eventually(async () => {
    opened = await Books.open(shop.system);
  }, 60_000);
  return opened as Books;
}
