import { randomUUID } from 'node:crypto';
import { asAdmin, scrape, sumOf } from '@shop/service-kit/testing';
import { aRegistration, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeAll(async () => {
  shop = await startTestApp();
});
afterAll(() => shop.close());

const metric = async (name: string, labels: Record<string, string> = {}) =>
  sumOf(await scrape(`${shop.http}/metrics`), name, labels);

test('when methods are called, then caller and callee count them by code', async () => {
  const calls = async (side: string, method: string, code: string) =>
    (await metric(`grpc_${side}_duration_seconds_count`, { service: 'users-service', method, code })) ?? 0;
  const all = () =>
    Promise.all(
      ['server', 'client'].flatMap((side) => [
        calls(side, 'RegisterUser', 'OK'),
        calls(side, 'GetUser', 'NOT_FOUND'),
        calls(side, 'RegisterUser', 'INVALID_ARGUMENT'),
        calls(side, 'RegisterUser', 'PERMISSION_DENIED'),
      ]),
    );
  expect(await all()).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
  await shop.users.registerUser(aRegistration());
  await asAdmin(() => shop.users.getUser({ id: randomUUID() })).catch(() => undefined);
  await shop.users.registerUser(aRegistration({ email: 'none' })).catch(() => undefined);
  await shop
    .clientOf('orders-service')
    .registerUser(aRegistration())
    .catch(() => undefined);
  expect(await all()).toEqual([1, 1, 1, 1, 1, 1, 1, 1]);
});

test('when somebody scrapes, then the store, the pool, the outbox and the certificate are there', async () => {
  expect(await metric('database_connected')).toBe(1);
  // The broker is replaced by memory here.
  expect(await metric('rabbitmq_connected')).toBe(0);
  expect(await metric('database_pool_connections', { state: 'idle' })).toBeGreaterThan(0);
  expect(await metric('database_pool_connections', { state: 'waiting' })).toBe(0);
  expect(await metric('outbox_unsent_events')).toBeGreaterThanOrEqual(0);
  expect(await metric('outbox_oldest_unsent_age_seconds')).toBeGreaterThanOrEqual(0);
  expect(await metric('tls_certificate_expiry_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000);
});
