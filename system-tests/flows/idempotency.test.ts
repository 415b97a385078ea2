import { randomUUID } from 'node:crypto';
import { anOrderOf } from '../testing/builders';
import type { Answer, Client } from '../testing/client';
import { Shop } from '../testing/shop';

let shop: Shop;
let customer: Client;

beforeAll(async () => {
  shop = await Shop.open();
});

beforeEach(async () => {
  customer = await shop.customer();
});

const order = (client: Client, body: object, key: string): Promise<Answer> =>
  client.sending({ 'idempotency-key': key }).call('POST', '/orders', body);

async function ordersOf(client: Client): Promise<any[]> {
  return (await client.call('GET', '/orders')).body.items;
}

test('when the same order comes twenty times at once with one key, then there is one order', async () => {
  const productId = await shop.productOnSale(50);
  const key = randomUUID();
  const answers = await Promise.all(Array.from({ length: 20 }, () => order(customer, anOrderOf(productId), key)));

  const inProgress = answers.filter(({ body }) => body.code === 'REQUEST_IN_PROGRESS');
  // So many at once may be too many for the database of a slow machine, as the contract allows.
  const placed = answers.filter((answer) => answer.status !== 503 && !inProgress.includes(answer));
  expect(placed.filter(({ status }) => ![201, 202].includes(status))).toEqual([]);
  const [{ id }] = await ordersOf(customer);
  expect(await ordersOf(customer)).toHaveLength(1);
  expect([...new Set(placed.map(({ body }) => body.id))]).toEqual([id]);

  const replayed = await order(customer, anOrderOf(productId), key);
  expect(replayed).toMatchObject({ status: 201, body: { id, status: 'confirmed' } });
  expect(replayed.headers.get('idempotent-replayed')).toBe('true');
  expect((await shop.stockOf(productId)).available).toBe(49);
});

test('when a key comes again with another body, then 422, and nothing is ordered', async () => {
  const productId = await shop.productOnSale(50);
  await order(customer, anOrderOf(productId, 1), 'basket-1');
  expect(await order(customer, anOrderOf(productId, 2), 'basket-1')).toMatchObject({
    status: 422,
    body: { code: 'IDEMPOTENCY_KEY_REUSED' },
  });
  expect(await ordersOf(customer)).toHaveLength(1);
});

test('when an order is replayed, then it is answered as it was, even after it was cancelled', async () => {
  const productId = await shop.productOnSale(50);
  const first = await order(customer, anOrderOf(productId), 'basket-2');
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  await customer.call('POST', `/orders/${first.body.id}/cancel`);
  const replayed = await order(customer, anOrderOf(productId), 'basket-2');
  expect(replayed).toMatchObject({ status: 201, body: first.body });
  expect(replayed.headers.get('idempotent-replayed')).toBe('true');
});

test.each([
  { why: 'declined', card: 'pm_card_visa_chargeDeclined', quantity: 1, status: 402, code: 'PAYMENT_DECLINED' },
  { why: 'short', card: 'pm_card_visa', quantity: 51, status: 409, code: 'OUT_OF_STOCK' },
])('when an order that was $why is replayed, then so is its answer', async ({ card, quantity, status, code }) => {
  const productId = await shop.productOnSale(50);
  const first = await order(customer, anOrderOf(productId, quantity, card), 'basket-3');
  expect(first).toMatchObject({ status, body: { code } });
  const replayed = await order(customer, anOrderOf(productId, quantity, card), 'basket-3');
  expect(replayed).toMatchObject({ status, body: { code, orderId: first.body.orderId } });
  expect(replayed.headers.get('idempotent-replayed')).toBe('true');
  expect(await ordersOf(customer)).toHaveLength(1);
});

test('when the key comes in quotes, then it is the same key', async () => {
  const productId = await shop.productOnSale(50);
  const bare = await order(customer, anOrderOf(productId), 'basket-4');
  const quoted = await order(customer, anOrderOf(productId), '"basket-4"');
  expect(quoted.body.id).toBe(bare.body.id);
});

test('when another customer uses the same key, then theirs is another order', async () => {
  const productId = await shop.productOnSale(50);
  const other = await shop.customer();
  const [one, two] = await Promise.all([customer, other].map((each) => order(each, anOrderOf(productId), 'basket-5')));
  expect([one?.status, two?.status]).toEqual([201, 201]);
  expect(one?.body.id).not.toBe(two?.body.id);
});

test.each(['with a space', 'x'.repeat(256), '""'])('when the key is %j, then 400', async (key) => {
  const productId = await shop.productOnSale(50);
  expect(await order(customer, anOrderOf(productId), key)).toMatchObject({
    status: 400,
    body: { code: 'VALIDATION_FAILED', errors: [{ field: 'Idempotency-Key' }] },
  });
});
