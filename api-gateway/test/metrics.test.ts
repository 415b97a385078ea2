import { request } from 'node:http';
import { DomainError } from '@shop/service-kit';
import { scrape, sumOf } from '@shop/service-kit/testing';
import { aProduct } from './builders';
import { type Gateway, startGateway } from './gateway';
import { ask } from './http';
import { openShop, type Shop } from './shop';

let shop: Shop;
let gateway: Gateway;

beforeAll(async () => {
  shop = await openShop();
  gateway = shop.gateway;
});
beforeEach(() => {
  shop.reset();
  shop.services.products.getProduct = jest.fn(() => Promise.reject(new DomainError('PRODUCT_NOT_FOUND')));
});
afterAll(() => shop.close());

const REQUESTS = 'http_request_duration_seconds_count';
const metric = async (name: string, labels: Record<string, string> = {}) =>
  sumOf(await scrape(gateway.metrics), name, labels) ?? 0;

// fetch does not send methods that it does not know.
const askAs = (method: string, path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const { port } = gateway;
    request({ port, host: '127.0.0.1', method, path }, (answer) => resolve(answer.resume().statusCode))
      .on('error', reject)
      .end();
  });

test('when metrics are asked for, then they are on the port that is not public, and nowhere else', async () => {
  expect(await scrape(gateway.metrics)).toContain('process_cpu_seconds_total');
  for (const path of ['/metrics', '/v1/metrics', '/metrics/', '//metrics'])
    expect([path, (await ask(gateway.url, `GET ${path}`)).status]).toEqual([path, 404]);
  const inside = new URL(gateway.metrics).origin;
  expect((await fetch(`${inside}/products`)).status).toBe(404);
  expect((await fetch(gateway.metrics, { method: 'POST' })).status).toBe(405);
});

test('when a route is asked, then its template, method and status are counted with their duration', async () => {
  const labels = { method: 'GET', route: '/products/:id', status: '404' };
  const before = await metric(REQUESTS, labels);
  await ask(gateway.url, 'GET /products/0d9dd1a0-8f4f-4c0c-9f0e-0c9b6f1a4d11');
  await ask(gateway.url, 'GET /v1/products/5a5b6a3e-50a2-4a28-8a1c-07e1e8a3b3ff');
  expect(await metric(REQUESTS, labels)).toBe(before + 2);
  expect(await metric('http_request_duration_seconds_sum', labels)).toBeGreaterThan(0);
});

test('when clients make up paths and methods, then these are no labels', async () => {
  const before = await metric(REQUESTS, { route: 'none' });
  for (const path of ['/nothing-1', '/nothing-2?a=b', '/products/x/y', '/%zz']) await ask(gateway.url, `GET ${path}`);
  expect(await askAs('PROPFIND', '/products')).toBe(405);
  expect(await askAs('DELETE', '/products')).toBe(405);
  expect(await metric(REQUESTS, { route: 'none' })).toBeGreaterThanOrEqual(before + 4);
  const text = await scrape(gateway.metrics);
  const routes = [...text.matchAll(/route="([^"]*)"/g)].map((match) => match[1]);
  const methods = [...text.matchAll(/method="([^"]*)"/g)].map((match) => match[1]);
  expect(routes.filter((route) => /nothing|x\/y|zz/.test(route ?? ''))).toEqual([]);
  expect(methods).toContain('other');
  expect(methods).not.toContain('PROPFIND');
});

test('when the catalogue is read, then it shows what came from memory, what did not, and what the client had', async () => {
  const product = aProduct();
  shop.services.products.getProduct = jest.fn(async () => product);
  const outcomes = () =>
    Promise.all(
      [
        { cache: 'details', outcome: 'miss' },
        { cache: 'details', outcome: 'hit' },
        { cache: 'client', outcome: 'not_modified' },
      ].map((labels) => metric('gateway_cache_requests_total', labels)),
    );
  const before = await outcomes();
  const { headers } = await shop.ask('anybody', `GET /products/${product.id}`);
  await shop.ask('anybody', `GET /products/${product.id}`, { headers: { 'if-none-match': headers.get('etag')! } });
  expect((await outcomes()).map((count, index) => count - (before[index] ?? 0))).toEqual([1, 1, 1]);
});

test('when somebody is signed in, then the session is counted, and Redis with its commands and scripts by name', async () => {
  await shop.ask('customer', 'GET /users/me');
  await shop.ask('customer', 'GET /auth/sessions');
  expect(await metric('gateway_sessions_open')).toBe(2);
  expect(await metric('redis_connected')).toBe(1);
  for (const command of ['open-session', 'read-session', 'zrevrange', 'hgetall', 'scan'])
    expect([command, (await metric('redis_command_duration_seconds_count', { command })) > 0]).toEqual([command, true]);
});

test('when the port of the metrics is taken, then the gateway does not start', async () => {
  const taken = { METRICS_PORT: new URL(gateway.metrics).port };
  await expect(startGateway({ env: taken })).rejects.toThrow(/EADDRINUSE/);
});
