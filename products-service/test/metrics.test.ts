import { randomUUID } from 'node:crypto';
import { asAdmin, eventually, metricsOfThisProcess, sumOf } from '@shop/service-kit/testing';
import { anOrderEvent, aProduct, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeAll(async () => {
  shop = await startTestApp();
});
afterAll(() => shop.close());

const reservations = async (labels: Record<string, string>) =>
  sumOf(await metricsOfThisProcess(), 'stock_reservations_total', labels);

const withStock = async (available: number) =>
  (await asAdmin(() => shop.controller.createProduct(aProduct({ available })))).id;

test('when orders take, give back and buy what is there, or ask for more, then each is counted once', async () => {
  const productId = await withStock(3);
  const lines = [{ productId, quantity: 2 }];
  const [bought, tooLate] = [randomUUID(), randomUUID()];
  const counts = () =>
    Promise.all(['reserved', 'committed', 'released', 'rejected'].map((outcome) => reservations({ outcome })));
  const before = await counts();
  for (const type of ['order.created', 'order.created', 'order.confirmed'] as const)
    await shop.bus.deliver(anOrderEvent(type, bought, lines));
  await shop.bus.deliver(anOrderEvent('order.created', tooLate, lines));
  await shop.bus.deliver(anOrderEvent('order.created', tooLate, lines));
  const after = await counts();
  expect(after.map((count, index) => (count ?? 0) - (before[index] ?? 0))).toEqual([1, 1, 0, 1]);
  expect(await reservations({ outcome: 'rejected', reason: 'short' })).toBe(1);
  expect(await reservations({ outcome: 'rejected', reason: 'closed' })).toBe(0);
});

test('when the broker does not take a reply, then the lag shows it', async () => {
  const productId = await withStock(1);
  shop.bus.connected = false;
  await shop.bus.deliver(anOrderEvent('order.created', randomUUID(), [{ productId, quantity: 1 }]));
  // What was asked for a moment ago is shown for some seconds.
  await eventually(async () => {
    const text = await metricsOfThisProcess();
    expect(sumOf(text, 'outbox_unsent_events')).toBeGreaterThan(0);
    expect(sumOf(text, 'outbox_oldest_unsent_age_seconds')).toBeGreaterThan(0);
  }, 15_000);
});

test('when somebody scrapes, then MongoDB and the pool are there', async () => {
  const text = await metricsOfThisProcess();
  expect(sumOf(text, 'database_connected')).toBe(1);
  expect(sumOf(text, 'database_pool_connections')).toBeGreaterThanOrEqual(1);
  expect(sumOf(text, 'database_pool_connections', { state: 'waiting' })).toBe(0);
});
