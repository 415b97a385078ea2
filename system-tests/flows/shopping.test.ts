import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import type { Client } from '../testing/client';
import { withSlack } from '../testing/promised-times';
import { Shop } from '../testing/shop';

const SECOND = 1000;
let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open();
});

const paymentOf = async (customer: Client, orderId: string): Promise<string> =>
  (await customer.call('GET', `/orders/${orderId}`)).body.payment.status;

test('when a customer registers, shops, cancels and signs out, then every step holds', async () => {
  const productId = await shop.productOnSale(10, { name: 'Storm lantern' });
  const customer = shop.anonymous();
  const email = `ada-${randomUUID()}@example.com`;

  const registered = await customer.call('POST', '/auth/register', {
    email,
    password: 'a lantern for Ada',
    name: 'Ada',
  });
  expect(registered).toMatchObject({ status: 201, body: { user: { email, role: 'customer' } } });
  expect((await customer.call('GET', '/users/me')).status).toBe(401);
  expect((await customer.logIn(email, 'a lantern for Ada')).status).toBe(200);
  expect((await customer.call('GET', '/users/me')).body).toEqual(registered.body.user);

  await eventually(async () => {
    const { body } = await customer.call('GET', '/products?search=storm%20lan&inStock=true');
    expect(body.items).toContainEqual(expect.objectContaining({ id: productId, stock: { available: 10 } }));
  });

  const order = await customer.call('POST', '/orders', anOrderOf(productId, 3));
  expect(order).toMatchObject({
    status: 201,
    body: {
      status: 'confirmed',
      items: [{ productId, quantity: 3, unitPrice: { amount: 1999 }, lineTotal: { amount: 5997 } }],
      total: { amount: 5997, currency: 'USD' },
      payment: { status: 'captured' },
    },
  });
  const orderId = order.body.id as string;
  expect(order.headers.get('location')).toBe(`/orders/${orderId}`);
  expect((await customer.call('GET', '/orders')).body.items).toEqual([order.body]);
  await eventually(
    async () => expect(await shop.stockOf(productId)).toEqual({ available: 7, reserved: 0 }),
    withSlack(SECOND),
  );

  const cancelled = await customer.call('POST', `/orders/${orderId}/cancel`);
  expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  expect(['refund_pending', 'refunded']).toContain(cancelled.body.payment.status);
  await eventually(
    async () => expect(await shop.stockOf(productId)).toEqual({ available: 10, reserved: 0 }),
    withSlack(SECOND),
  );
  await eventually(async () => expect(await paymentOf(customer, orderId)).toBe('refunded'), 10 * SECOND);
  const again = await customer.call('POST', `/orders/${orderId}/cancel`);
  expect(again).toMatchObject({ status: 200, body: { status: 'cancelled', payment: { status: 'refunded' } } });

  const before = { access: customer.accessToken, refresh: customer.refreshToken };
  expect((await customer.refresh()).status).toBe(200);
  expect(customer.accessToken).not.toBe(before.access);
  expect(customer.refreshToken).not.toBe(before.refresh);
  expect((await customer.call('GET', '/users/me')).status).toBe(200);

  expect((await customer.call('POST', '/auth/logout')).status).toBe(204);
  expect((await customer.call('GET', '/users/me')).status).toBe(401);
  expect((await customer.call('POST', '/orders', anOrderOf(productId))).status).toBe(401);
  expect((await customer.refresh()).status).toBe(401);
});

test('when there is not enough in stock, then 409 says how much there is, and nothing is taken', async () => {
  const productId = await shop.productOnSale(2);
  const customer = await shop.customer();
  const answer = await customer.call('POST', '/orders', anOrderOf(productId, 5));
  expect(answer).toMatchObject({
    status: 409,
    body: { code: 'OUT_OF_STOCK', items: [{ productId, requested: 5, available: 2 }] },
  });
  expect((await customer.call('GET', `/orders/${answer.body.orderId}`)).body.status).toBe('failed');
  expect(await shop.stockOf(productId)).toEqual({ available: 2, reserved: 0 });
});

test('when one of two products is short, then neither is taken', async () => {
  const plenty = await shop.productOnSale(10);
  const short = await shop.productOnSale(1);
  const customer = await shop.customer();
  const items = [
    { productId: plenty, quantity: 2 },
    { productId: short, quantity: 2 },
  ];
  expect((await customer.call('POST', '/orders', { ...anOrderOf(plenty), items })).status).toBe(409);
  await eventually(async () => {
    expect(await shop.stockOf(plenty)).toEqual({ available: 10, reserved: 0 });
    expect(await shop.stockOf(short)).toEqual({ available: 1, reserved: 0 });
  });
});

test("when a customer asks for somebody else's order, then it does not exist", async () => {
  const productId = await shop.productOnSale(1);
  const [owner, other] = await Promise.all([shop.customer(), shop.customer()]);
  const { body } = await owner.call('POST', '/orders', anOrderOf(productId));
  expect((await other.call('GET', `/orders/${body.id}`)).status).toBe(404);
  expect((await other.call('POST', `/orders/${body.id}/cancel`)).status).toBe(404);
  expect((await other.call('GET', '/orders')).body.items).toEqual([]);
  expect((await owner.call('GET', `/orders/${body.id}`)).body.status).toBe('confirmed');
});

test('when sixty buyers want one of ten, then exactly ten get one', async () => {
  const productId = await shop.productOnSale(10);
  const customer = await shop.customer();
  const buy = () => customer.call('POST', '/orders', anOrderOf(productId));
  const placed = await Promise.all(Array.from({ length: 60 }, buy));
  // A busy shop may say so; it may not fail, and it may not sell what it does not have.
  expect([201, 202, 409, 503]).toEqual(expect.arrayContaining(placed.map(({ status }) => status)));
  const busy = placed.filter(({ status }) => status === 503);
  expect(busy.filter(({ headers }) => !headers.has('retry-after'))).toEqual([]);
  await eventually(async () => {
    const { body } = await customer.call('GET', '/orders?limit=100');
    const statuses = (body.items as { status: string }[]).map(({ status }) => status);
    expect(statuses.filter((status) => status === 'confirmed')).toHaveLength(10);
    expect(statuses.filter((status) => status !== 'failed')).toHaveLength(10);
    const known = placed.map(({ body }) => (body.id ?? body.orderId) as string | undefined).filter(Boolean);
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(known));
  }, 20 * SECOND);
  await eventually(async () => expect(await shop.stockOf(productId)).toEqual({ available: 0, reserved: 0 }));
});
