import { aProduct, anOrderOf, Client, eventually } from '../testing/client';
import { System } from '../testing/system';

const ORDERS = 200;
const STOCK = 150;

let system: System;

beforeAll(async () => {
  system = await System.start();
}, 300_000);

afterAll(() => system?.stop(), 60_000);

test('when orders- and products-service are killed in the middle of 200 orders, then everything ends and adds up', async () => {
  const gateway = system.state().gateway;
  const admin = new Client(gateway);
  const { email, password } = system.admin();
  await admin.logIn(email, password);
  const productId = (await admin.call('POST', '/products', aProduct(STOCK))).body.id as string;
  const customer = new Client(gateway);
  await customer.becomeCustomer();

  const accepted: string[] = [];
  let placed = 0;
  const buyer = async (): Promise<void> => {
    while (placed++ < ORDERS) {
      const { status, body } = await customer.call('POST', '/orders', anOrderOf(productId));
      if (status === 201 || status === 202) accepted.push(body.id as string);
      else if (status === 503) await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  const killer = setInterval(() => system.kill(Math.random() < 0.5 ? 'orders-service' : 'products-service'), 3000);
  await Promise.all(Array.from({ length: 10 }, buyer));
  clearInterval(killer);

  await eventually(async () => {
    const { body } = await admin.call('GET', '/orders/all?status=pending');
    expect(body.items).toEqual([]);
  }, 60_000);
  let confirmed = 0;
  for (let page = 1; page <= 4; page++) {
    const { body } = await admin.call('GET', `/orders/all?status=confirmed&limit=100&page=${page}`);
    confirmed += (body.items as unknown[]).length;
  }
  await eventually(async () => {
    const { body } = await admin.call('GET', `/products/${productId}`);
    expect(body.stock).toEqual({ available: STOCK - confirmed, reserved: 0 });
  }, 60_000);
  expect(confirmed).toBeGreaterThan(0);
  for (const id of accepted) expect((await customer.call('GET', `/orders/${id}`)).status).toBe(200);
}, 240_000);
