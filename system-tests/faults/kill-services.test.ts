import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import { Books } from '../testing/books';
import type { Answer } from '../testing/client';
import { expectAllAddsUp, expectAllFinished, ordersOf } from '../testing/expect-consistent';
import { Shop } from '../testing/shop';
import type { App } from '../testing/system';

const ORDERS = 200;
const BUYERS = 10;
const STOCK = 150;
const KILLS_AFTER = [20, 50, 80, 110, 140, 170];
const VICTIMS: App[] = ['orders-service', 'products-service'];
const RETRY_AFTER_MS = 250;

let shop: Shop;
let books: Books;

beforeAll(async () => {
  shop = await Shop.open();
  books = await Books.open(shop.system);
});

afterAll(() => books?.close());

// By progress, not by the clock: where starting is slow, nothing would ever be bought.
async function killAndWait(app: App): Promise<void> {
  const killed = shop.system.pidOf(app);
  shop.system.kill(app);
  await eventually(async () => {
    expect(shop.system.pidOf(app)).not.toBe(killed);
    await shop.system.expectReady(app);
  }, 60_000);
}

test('when orders- and products-service are killed in the middle of 200 orders, then everything ends and adds up', async () => {
  const productId = await shop.productOnSale(STOCK);
  const customer = await shop.customer();
  const placed: Answer[] = [];
  const cancelled: string[] = [];

  // As a good client: with a key, and again with the same one while the shop says that it is busy.
  const placeOrder = async (): Promise<Answer> => {
    const key = { 'idempotency-key': randomUUID() };
    for (;;) {
      const answer = await customer.sending(key).call('POST', '/orders', anOrderOf(productId));
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
  const killer = async (): Promise<void> => {
    for (const [i, after] of KILLS_AFTER.entries()) {
      await eventually(() => expect(placed.length).toBeGreaterThanOrEqual(after), 60_000);
      await killAndWait(VICTIMS[i % VICTIMS.length] as App);
    }
  };
  await Promise.all([killer(), ...Array.from({ length: BUYERS }, () => buyer(ORDERS / BUYERS))]);

  await expectAllFinished(books);
  const sold = await expectAllAddsUp({ shop, books }, { customer, productId, stock: STOCK });
  const orders = new Map((await ordersOf(customer)).map(({ id, status }) => [id, status]));
  expect(sold).toBeGreaterThan(0);
  expect([201, 202, 409]).toEqual(expect.arrayContaining(placed.map(({ status }) => status)));
  expect([...orders.keys()].sort()).toEqual(placed.map(({ body }) => (body.id ?? body.orderId) as string).sort());
  expect(cancelled.filter((id) => orders.get(id) !== 'cancelled')).toEqual([]);
}, 240_000);
