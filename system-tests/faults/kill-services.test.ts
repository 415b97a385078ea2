import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { anOrderOf } from '../testing/builders';
import { Books } from '../testing/books';
import type { Answer } from '../testing/client';
import { expectAllAddsUp, expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Shop } from '../testing/shop';

const ORDERS = 200;
const BUYERS = 10;
const STOCK = 150;
const KILL_EVERY_MS = 4000;
const RETRY_AFTER_MS = 250;

let shop: Shop;
let books: Books;

beforeAll(async () => {
  shop = await Shop.open();
  books = await Books.open(shop.system);
});

afterAll(() => books?.close());

test('when orders- and products-service are killed in the middle of 200 orders, then everything ends and adds up', async () => {
  const productId = await shop.productOnSale(STOCK);
  const customer = await shop.customer();
  const placed: Answer[] = [];
  const cancelled: string[] = [];

  // As a good client: with a key, and again with the same one while the shop says that it is busy.
  const placeOrder = async (): Promise<Answer> => {
    const key = { 'idempotency-key': randomUUID() };
    for (;;) {
      const answer = await customer.call('POST', '/orders', anOrderOf(productId), key);
      if (answer.status !== 503) return answer;
      await delay(RETRY_AFTER_MS);
    }
  };
  const buyer = async (orders: number): Promise<void> => {
    for (let i = 0; i < orders; i++) {
      const { status, body } = placed[placed.push(await placeOrder()) - 1] as Answer;
      // Some are cancelled again, so that the kills meet refunds and stock on its way back too.
      if (status !== 201 || i % 4 !== 0) continue;
      const answer = await customer.call('POST', `/orders/${body.id}/cancel`);
      if (answer.status === 200) cancelled.push(body.id as string);
    }
  };
  let kills = 0;
  const killer = setInterval(() => {
    shop.system.kill(kills++ % 2 === 0 ? 'orders-service' : 'products-service');
  }, KILL_EVERY_MS);
  await Promise.all(Array.from({ length: BUYERS }, () => buyer(ORDERS / BUYERS)));
  clearInterval(killer);

  await expectAllFinished(books);
  const sold = await expectAllAddsUp({ shop, books }, { customer, productId, stock: STOCK });
  const orders = new Map((await ordersOf(customer)).map(({ id, status }) => [id, status]));
  expect(kills).toBeGreaterThanOrEqual(2);
  expect(sold).toBeGreaterThan(0);
  expect([201, 202, 409]).toEqual(expect.arrayContaining(placed.map(({ status }) => status)));
  expect([...orders.keys()].sort()).toEqual(placed.map(({ body }) => (body.id ?? body.orderId) as string).sort());
  expect(cancelled.filter((id) => orders.get(id) !== 'cancelled')).toEqual([]);
}, 240_000);
