import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import type { Answer, Client } from '../testing/client';
import { Books } from '../testing/books';
import { withSlack } from '../testing/promised-times';
import { Shop } from '../testing/shop';

const SECOND = 1000;
const ANSWERED_WITHIN = 3 * SECOND;
let shop: Shop;
let books: Books;
let customer: Client;
let productId: string;

beforeAll(async () => {
  shop = await Shop.open();
  books = await Books.open(shop.system);
});

beforeEach(async () => {
  customer = await shop.customer();
  productId = await shop.productOnSale(3);
});

afterAll(() => books?.close());

const statusOf = async (orderId: string): Promise<string> =>
  (await customer.call('GET', `/orders/${orderId}`)).body.status;

async function payWith(card: string): Promise<Answer & { tookMs: number }> {
  const begunAt = Date.now();
  const answer = await customer.call('POST', '/orders', anOrderOf(productId, 2, card));
  return { ...answer, tookMs: Date.now() - begunAt };
}

const untilStockIs = (available: number) =>
  eventually(async () => expect(await shop.stockOf(productId)).toEqual({ available, reserved: 0 }), withSlack(SECOND));

test('when the card is declined, then 402 names the order, which has failed, and the stock comes back', async () => {
  const { status, body } = await payWith('pm_card_visa_chargeDeclined');
  expect({ status, code: body.code }).toEqual({ status: 402, code: 'PAYMENT_DECLINED' });
  const order = (await customer.call('GET', `/orders/${body.orderId}`)).body;
  expect(order).toMatchObject({ status: 'failed', payment: { status: 'declined' } });
  await untilStockIs(3);
  expect(await books.netChargeOf(body.orderId)).toBe(0);
});

test('when the card is slow, then 202 comes in time, and the order is confirmed by itself', async () => {
  const { status, body, headers, tookMs } = await payWith('pm_card_slow');
  expect({ status, order: body.status }).toEqual({ status: 202, order: 'pending' });
  expect(tookMs).toBeLessThan(withSlack(ANSWERED_WITHIN));
  expect(headers.get('location')).toBe(`/orders/${body.id}`);
  await eventually(async () => expect(await statusOf(body.id)).toBe('confirmed'), 15 * SECOND);
  await untilStockIs(1);
  expect(await books.netChargeOf(body.id)).toBe(body.total.amount);
});

test('when the provider cannot be reached, then 202, and the order fails without a charge', async () => {
  const { status, body, tookMs } = await payWith('pm_card_unreachable');
  expect({ status, order: body.status }).toEqual({ status: 202, order: 'pending' });
  expect(tookMs).toBeLessThan(withSlack(ANSWERED_WITHIN));
  await eventually(async () => expect(await statusOf(body.id)).toBe('failed'), 30 * SECOND);
  await untilStockIs(3);
  expect(await books.netChargeOf(body.id)).toBe(0);
}, 60_000);

test('when an order is cancelled while it is being paid, then not yet; afterwards it is, and the money goes back', async () => {
  const { body } = await payWith('pm_card_slow');
  const early = await customer.call('POST', `/orders/${body.id}/cancel`);
  if (early.status !== 200) {
    expect(early).toMatchObject({ status: 409, body: { code: 'ORDER_NOT_CANCELLABLE' } });
    expect(Number(early.headers.get('retry-after'))).toBeGreaterThan(0);
  }
  await eventually(async () => {
    expect((await customer.call('POST', `/orders/${body.id}/cancel`)).status).toBe(200);
  }, 15 * SECOND);
  await untilStockIs(3);
  await eventually(async () => expect(await books.netChargeOf(body.id)).toBe(0), 10 * SECOND);
  await eventually(async () =>
    expect((await customer.call('GET', `/orders/${body.id}`)).body).toMatchObject({
      status: 'cancelled',
      payment: { status: 'refunded' },
    }),
  );
}, 60_000);

test('when the card is one that the provider does not know, then 400, and there is no order', async () => {
  expect(await payWith('pm_card_of_nobody')).toMatchObject({
    status: 400,
    body: { code: 'VALIDATION_FAILED', errors: [{ field: 'paymentMethod' }] },
  });
  expect((await customer.call('GET', '/orders')).body.items).toEqual([]);
});
