import { eventually, sumOf } from '@shop/service-kit/testing';
import { growthOf, metricsOf } from '../testing/app-metrics';
import { anOrderOf } from '../testing/builders';
import { Shop } from '../testing/shop';
import { APPS } from '../testing/system';

const SHOWN_WITHIN_MS = 30_000;

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open();
});

test('when the public port is asked for metrics, then there are none, and every app has its own inside', async () => {
  expect((await shop.anonymous().call('GET', '/metrics')).status).toBe(404);
  for (const app of APPS) {
    const text = await metricsOf(shop.system, app);
    expect([app, sumOf(text, 'rabbitmq_connected')]).toEqual([app, 1]);
    expect(sumOf(text, 'tls_certificate_expiry_timestamp_seconds')).toBeGreaterThan(Date.now() / 1000);
  }
});

test('when an order is bought and another is short of stock, then all that took part count it', async () => {
  const [many, one] = [await shop.productOnSale(10), await shop.productOnSale(1)];
  const customer = await shop.customer();
  const growth = await growthOf(
    shop.system,
    [
      ['api-gateway', 'http_request_duration_seconds_count', { method: 'POST', route: '/orders', status: '201' }],
      ['api-gateway', 'http_request_duration_seconds_count', { method: 'POST', route: '/orders', status: '409' }],
      ['api-gateway', 'grpc_client_duration_seconds_count', { service: 'orders-service', method: 'PlaceOrder' }],
      ['orders-service', 'grpc_server_duration_seconds_count', { service: 'orders-service', method: 'PlaceOrder' }],
      ['orders-service', 'orders_transitions_total', { to: 'confirmed' }],
      ['orders-service', 'orders_transitions_total', { to: 'failed' }],
      ['orders-service', 'events_published_total', { type: 'order.created', outcome: 'confirmed' }],
      ['products-service', 'events_handled_total', { queue: 'products-service.reserve-stock', outcome: 'done' }],
      ['products-service', 'stock_reservations_total', { outcome: 'reserved' }],
      ['products-service', 'stock_reservations_total', { outcome: 'rejected', reason: 'short' }],
    ],
    async () => {
      expect((await customer.call('POST', '/orders', anOrderOf(many, 2))).status).toBe(201);
      expect((await customer.call('POST', '/orders', anOrderOf(one, 2))).status).toBe(409);
    },
  );
  // Other tests may shop at the same time.
  await eventually(async () => {
    for (const [index, grown] of (await growth()).entries())
      expect([index, grown >= ([2, 3, 6, 7].includes(index) ? 2 : 1)]).toEqual([index, true]);
  });
});

test('when nothing is wrong, then nothing waits', async () => {
  await eventually(async () => {
    const orders = await metricsOf(shop.system, 'orders-service');
    expect([sumOf(orders, 'orders_stuck'), sumOf(orders, 'outbox_unsent_events')]).toEqual([0, 0]);
    expect(sumOf(orders, 'event_queue_messages', { queue: 'orders-service.continue-order' })).toBe(0);
    const gateway = await metricsOf(shop.system, 'api-gateway');
    expect(sumOf(gateway, 'gateway_sessions_open')).toBeGreaterThan(0);
    expect(sumOf(gateway, 'grpc_client_breaker_open')).toBe(0);
  }, SHOWN_WITHIN_MS);
});
