import { aProduct, anOrderOf, Client, eventually } from '../testing/client';
import { System } from '../testing/system';

let system: System;
let admin: Client;
const client = () => new Client(system.state().gateway);
const anonymous = client;

async function aProductOnSale(available: number): Promise<string> {
  return (await admin.call('POST', '/products', aProduct(available))).body.id as string;
}

async function stockOf(id: string): Promise<{ available: number; reserved: number }> {
  return (await admin.call('GET', `/products/${id}`)).body.stock as { available: number; reserved: number };
}

beforeAll(async () => {
  system = await System.start();
  admin = client();
  const { email, password } = system.admin();
  await admin.logIn(email, password);
}, 300_000);

afterAll(() => system?.stop(), 60_000);

describe('a customer', () => {
  test('when they browse, order, cancel and sign out, then every step holds', async () => {
    const productId = await aProductOnSale(10);
    const customer = client();
    await customer.becomeCustomer();
    expect((await anonymous().call('GET', '/products?search=test%20lan')).body.items).toContainEqual(
      expect.objectContaining({ id: productId }),
    );

    const order = await customer.call('POST', '/orders', anOrderOf(productId, 3));
    expect(order).toMatchObject({
      status: 201,
      body: { status: 'confirmed', total: { amount: 5997, currency: 'USD' } },
    });
    expect(order.headers.get('location')).toBe(`/orders/${order.body.id}`);
    expect(order.body.payment.status).toBe('captured');
    await eventually(async () => expect(await stockOf(productId)).toEqual({ available: 7, reserved: 0 }));

    const cancelled = await customer.call('POST', `/orders/${order.body.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    await eventually(async () => expect(await stockOf(productId)).toEqual({ available: 10, reserved: 0 }));
    await eventually(async () => {
      const { body } = await customer.call('GET', `/orders/${order.body.id}`);
      expect(body.payment.status).toBe('refunded');
    }, 10_000);

    expect((await customer.refresh()).status).toBe(200);
    expect((await customer.call('POST', '/auth/logout')).status).toBe(204);
    expect((await customer.call('GET', '/users/me')).status).toBe(401);
    expect((await customer.refresh()).status).toBe(401);
  });

  test('when there is not enough in stock, then 409 says how much there is, and nothing is taken', async () => {
    const productId = await aProductOnSale(2);
    const customer = client();
    await customer.becomeCustomer();
    const answer = await customer.call('POST', '/orders', anOrderOf(productId, 5));
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'OUT_OF_STOCK', items: [{ productId, requested: 5, available: 2 }] },
    });
    expect((await customer.call('GET', `/orders/${answer.body.orderId}`)).body.status).toBe('failed');
    expect(await stockOf(productId)).toEqual({ available: 2, reserved: 0 });
  });

  test('when the card is declined, then 402, and the stock comes back', async () => {
    const productId = await aProductOnSale(1);
    const customer = client();
    await customer.becomeCustomer();
    const answer = await customer.call('POST', '/orders', anOrderOf(productId, 1, 'pm_card_visa_chargeDeclined'));
    expect(answer).toMatchObject({ status: 402, body: { code: 'PAYMENT_DECLINED' } });
    await eventually(async () => expect(await stockOf(productId)).toEqual({ available: 1, reserved: 0 }));
  });

  test('when the same Idempotency-Key comes again, then there is one order; with another body, 422', async () => {
    const productId = await aProductOnSale(5);
    const customer = client();
    await customer.becomeCustomer();
    const send = (quantity: number) =>
      customer.call('POST', '/orders', anOrderOf(productId, quantity), { 'idempotency-key': '"key-1"' });
    const first = await send(1);
    const again = await send(1);
    expect(again.body).toEqual(first.body);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await send(2)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect((await customer.call('GET', '/orders')).body.items).toHaveLength(1);
  });

  test("when they ask for somebody else's order, then it does not exist", async () => {
    const productId = await aProductOnSale(1);
    const [owner, other] = [client(), client()];
    await Promise.all([owner.becomeCustomer(), other.becomeCustomer()]);
    const { body } = await owner.call('POST', '/orders', anOrderOf(productId));
    expect((await other.call('GET', `/orders/${body.id}`)).status).toBe(404);
    expect((await other.call('POST', `/orders/${body.id}/cancel`)).status).toBe(404);
  });
});

describe('sixty buyers', () => {
  test('when they all want one of ten, then exactly ten get one', async () => {
    const productId = await aProductOnSale(10);
    const customer = client();
    await customer.becomeCustomer();
    const placed = await Promise.all(
      Array.from({ length: 60 }, () => customer.call('POST', '/orders', anOrderOf(productId))),
    );
    expect(placed.every(({ status }) => [201, 202, 409].includes(status))).toBe(true);
    await eventually(async () => {
      const { body } = await customer.call('GET', '/orders?limit=100');
      const statuses = (body.items as { status: string }[]).map(({ status }) => status);
      expect(statuses.filter((status) => status === 'confirmed')).toHaveLength(10);
      expect(statuses.filter((status) => status === 'failed')).toHaveLength(50);
    }, 20_000);
    await eventually(async () => expect(await stockOf(productId)).toEqual({ available: 0, reserved: 0 }));
  });
});
