import { randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { growthOf } from '../testing/app-metrics';
import { anAddress, anOrder, anOrderOf } from '../testing/builders';
import { Listener } from '../testing/listener';
import { allLinesOf } from '../testing/log-lines';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';
import { TraceCollector } from '../testing/trace-collector';

const SERVER = 2;
const CLIENT = 3;
const PRODUCER = 4;
const CONSUMER = 5;

const aTrace = (flags: string) => {
  const [traceId, spanId] = [randomBytes(16).toString('hex'), randomBytes(8).toString('hex')];
  return { traceId, spanId, traceparent: `00-${traceId}-${spanId}-${flags}` };
};
const kindOf = (app: string, kind: number, name: string) => ({ app, kind, name });
const sent = (app: string, type: string) => ({
  ...kindOf(app, PRODUCER, 'publish shop.events'),
  attributes: expect.objectContaining({ 'messaging.rabbitmq.destination.routing_key': type }),
});

describe('an order of a shop that is traced', () => {
  let collector: TraceCollector;
  let shop: Shop;

  beforeAll(async () => {
    collector = await TraceCollector.start();
    const system = await System.start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_BSP_SCHEDULE_DELAY: '100',
      TRACE_SAMPLE_RATIO: '1',
      LOG_LEVEL: 'debug',
    });
    // The machine may still be busy with what it has just started.
    await eventually(async () => (shop = await Shop.open(system)), 60_000);
    await sellOnce();
  }, 300_000);

  afterAll(async () => {
    await shop?.system.stop();
    await collector?.close();
  });

  /** The first order of a shop that has just started may take longer than its client waits. */
  async function sellOnce(): Promise<void> {
    const productId = await shop.productOnSale(100);
    const customer = await shop.customer();
    const order = anOrder({ items: [{ productId, quantity: 1 }] });
    await eventually(async () => expect((await customer.call('POST', '/orders', order)).status).toBe(201), 60_000);
    await eventually(async () => expect((await shop.stockOf(productId)).reserved).toBe(0), 60_000);
  }

  const linesOf = (app: string, text: string) =>
    readFileSync(join(shop.system.dir, 'logs', `${app}.log`), 'utf8')
      .split('\n')
      .filter((line) => line.includes(text));

  test('when it is placed, then one trace shows its way through all apps and stores, to its last event', async () => {
    const productId = await shop.productOnSale(5);
    const customer = await shop.customer();
    const { traceId, spanId, traceparent } = aTrace('01');
    const requestId = `trace-${randomUUID()}`;
    const order = anOrder({ items: [{ productId, quantity: 1 }] });
    const { status } = await customer
      .sending({ traceparent, 'x-request-id': requestId })
      .call('POST', '/orders', order);
    expect(status).toBe(201);

    const place = 'shop.orders.v1.OrdersService/PlaceOrder';
    await eventually(async () => {
      expect(collector.of(traceId)).toEqual(
        expect.arrayContaining(
          [
            kindOf('api-gateway', SERVER, 'POST /orders'),
            kindOf('api-gateway', CLIENT, 'evalsha'),
            kindOf('api-gateway', CLIENT, place),
            kindOf('orders-service', SERVER, place),
            kindOf('orders-service', CLIENT, 'shop.products.v1.ProductsService/GetProducts'),
            kindOf('products-service', SERVER, 'shop.products.v1.ProductsService/GetProducts'),
            kindOf('products-service', CLIENT, 'find products'),
            kindOf('orders-service', CLIENT, 'WITH orders'),
            sent('orders-service', 'order.created'),
            kindOf('products-service', CONSUMER, 'process products-service.reserve-stock'),
            kindOf('products-service', CLIENT, 'update stock'),
            sent('products-service', 'stock.reserved'),
            kindOf('orders-service', CONSUMER, 'process orders-service.continue-order'),
            kindOf('orders-service', CLIENT, 'UPDATE orders'),
            sent('orders-service', 'order.confirmed'),
            kindOf('products-service', CONSUMER, 'process products-service.commit-stock'),
          ].map(expect.objectContaining),
        ),
      );
    });
    const spans = collector.of(traceId);
    const known = new Set([spanId, ...spans.map((span) => span.spanId)]);
    expect(spans.filter(({ parentSpanId }) => !known.has(parentSpanId ?? ''))).toEqual([]);
    const first = spans.find(({ parentSpanId }) => parentSpanId === spanId);
    expect(first?.attributes).toEqual({
      'http.request.id': requestId,
      'http.request.method': 'POST',
      'http.route': '/orders',
      'http.response.status_code': 201,
    });
    const entered = spans.filter(({ kind }) => kind === SERVER || kind === CONSUMER);
    expect(entered.filter(({ attributes }) => attributes['http.request.id'] !== requestId)).toEqual([]);
  });

  test('when it is followed by its request id, then logs, trace and metrics tell the same life of it', async () => {
    const productId = await shop.productOnSale(1);
    const customer = await shop.customer();
    let requestId = '';
    let orderId = '';
    const growth = await growthOf(
      shop.system,
      [
        ['api-gateway', 'http_request_duration_seconds_count', { route: '/orders', status: '201' }],
        ['orders-service', 'grpc_server_duration_seconds_count', { method: 'PlaceOrder' }],
        ['products-service', 'events_handled_total', { queue: 'products-service.reserve-stock', outcome: 'done' }],
        ['products-service', 'stock_reservations_total', { outcome: 'reserved' }],
        ['orders-service', 'payments_total', { outcome: 'captured' }],
        ['orders-service', 'orders_transitions_total', { to: 'confirmed' }],
        ['products-service', 'events_handled_total', { queue: 'products-service.commit-stock', outcome: 'done' }],
      ],
      async () => {
        const { body, headers } = await customer.call('POST', '/orders', anOrderOf(productId));
        [requestId, orderId] = [headers.get('x-request-id') ?? '', body.id];
      },
    );

    const lines = () => allLinesOf(shop.system).filter((line) => line['http.request.id'] === requestId);
    const life = () =>
      lines().map((line) =>
        [line['service.name'], line.message, line['labels.subject'] ?? orderId].concat(
          line['labels.grpc_method'] ?? line['labels.queue'] ?? line['labels.route'],
        ),
      );
    await eventually(() =>
      expect(life()).toEqual(
        expect.arrayContaining([
          ['products-service', 'call answered', orderId, 'GetProducts'],
          ['orders-service', 'call answered', orderId, 'PlaceOrder'],
          ['api-gateway', 'answered', orderId, '/orders'],
          ['products-service', 'event handled', orderId, 'products-service.reserve-stock'],
          ['orders-service', 'event handled', orderId, 'orders-service.continue-order'],
          ['products-service', 'event handled', orderId, 'products-service.commit-stock'],
        ]),
      ),
    );
    const traces = [...new Set(lines().map((line) => line['trace.id']))];
    expect(traces).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const found = () => collector.having('http.request.id', requestId);
    await eventually(() =>
      expect(new Set(found().map(({ app }) => app))).toEqual(
        new Set(['api-gateway', 'orders-service', 'products-service']),
      ),
    );
    expect([...new Set(found().map(({ traceId }) => traceId))]).toEqual(traces);
    // Nobody else shops here.
    await eventually(async () => expect(await growth()).toEqual([1, 1, 1, 1, 1, 1, 1]));
  });

  test('when people tell the shop about themselves, then no trace and no log repeats it', async () => {
    const canary = randomUUID();
    const customer = shop.anonymous();
    const email = `${canary}@example.com`;
    const password = `pw ${canary}`;
    const { traceId, traceparent } = aTrace('01');
    const tracked = customer.sending({ traceparent });
    await tracked.call('POST', '/auth/register', { email, password, name: `Name ${canary}` });
    await customer.logIn(email, `wrong ${canary}`);
    await customer.logIn(email, password);
    await customer.call('POST', '/auth/register', { email, password, name: `Name ${canary}` });
    await customer.call('GET', `/products?search=${canary}`);
    await customer.call('GET', `/${canary}?token=${canary}`);
    const productId = await shop.productOnSale(1, { description: `About ${canary}` });
    const order = anOrder({ items: [{ productId, quantity: 1 }], shippingAddress: anAddress({ line1: canary }) });
    const last = aTrace('01');
    await customer.sending({ traceparent: last.traceparent, 'idempotency-key': canary }).call('POST', '/orders', order);
    await shop.admin.call('GET', `/admin/users?email=${encodeURIComponent(email)}`);

    await eventually(async () => {
      expect(collector.of(traceId).map(({ app }) => app)).toContain('users-service');
      expect(collector.of(last.traceId)).toContainEqual(
        expect.objectContaining(sent('orders-service', 'order.confirmed')),
      );
    });
    const tokens = [customer.accessToken, customer.refreshToken, shop.admin.accessToken].flatMap((token) => [
      token,
      token.split('.')[2] ?? token,
    ]);
    const logs = ['api-gateway', 'users-service', 'products-service', 'orders-service'].flatMap((app) =>
      linesOf(app, ''),
    );
    for (const secret of [canary, ...tokens]) {
      expect(secret).not.toBe('');
      expect(collector.text.includes(secret)).toBe(false);
      expect(logs.filter((line) => line.includes(secret))).toEqual([]);
    }
  });

  test('when its client does not want it recorded, then it is not, by anybody', async () => {
    const [unwanted, wanted] = [aTrace('00'), aTrace('01')];
    const productId = await shop.productOnSale(2);
    const customer = await shop.customer();
    const order = anOrder({ items: [{ productId, quantity: 1 }] });
    for (const { traceparent } of [unwanted, wanted]) {
      expect((await customer.sending({ traceparent }).call('POST', '/orders', order)).status).toBe(201);
    }
    await eventually(async () =>
      expect(collector.of(wanted.traceId)).toContainEqual(
        expect.objectContaining(kindOf('products-service', CONSUMER, 'process products-service.commit-stock')),
      ),
    );
    expect(collector.of(unwanted.traceId)).toEqual([]);
  });

  test('when the collector is away, then every request is answered, one line says so, and one that it is back', async () => {
    const said = (text: string) => linesOf('api-gateway', text).length;
    const [lost, back] = ['traces cannot be delivered', 'traces are delivered again'] as const;
    const before = { lost: said(lost), back: said(back) };
    await collector.close();
    for (let i = 0; i < 20; i++) {
      expect((await shop.anonymous().call('GET', '/products?limit=1')).status).toBe(200);
      await delay(100);
    }
    await eventually(async () => expect(said(lost)).toBe(before.lost + 1));
    await collector.open();
    const { traceId, traceparent } = aTrace('01');
    await eventually(async () => {
      await shop.anonymous().sending({ traceparent }).call('GET', '/products?limit=1');
      expect(collector.of(traceId).length).toBeGreaterThan(0);
    });
    await eventually(async () => expect(said(back)).toBe(before.back + 1));
  });
});

test('when tracing is off, then every event of an order says the trace that its client sent', async () => {
  const shop = await Shop.open();
  const listener = await Listener.to(shop.system, ['order.*', 'stock.reserved']);
  const productId = await shop.productOnSale(1);
  const customer = await shop.customer();
  const { traceparent } = aTrace('01');
  const order = anOrder({ items: [{ productId, quantity: 1 }] });
  const { body } = await customer.sending({ traceparent }).call('POST', '/orders', order);
  await eventually(async () => expect(await shop.stockOf(productId)).toEqual({ available: 0, reserved: 0 }));
  const of = (await listener.heard()).filter(({ headers }) => headers?.['cloudEvents:subject'] === body.id);
  const told = of.map(({ type, headers }) => [type, headers?.traceparent]);
  expect(told).toEqual(
    expect.arrayContaining(['order.created', 'stock.reserved', 'order.confirmed'].map((type) => [type, traceparent])),
  );
  expect(told.filter(([, carried]) => carried !== traceparent)).toEqual([]);
});
