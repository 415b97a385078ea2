import { metricsOfThisProcess } from '@shop/service-kit/testing';
import { startGateway } from './gateway';
import { type Answer, expectProblem } from './http';
import { openShop, type Shop } from './shop';

const LIMITS = {
  RATE_LIMIT_GLOBAL: '4/60',
  RATE_LIMIT_ROUTES:
    'POST /orders=2/60, GET /products=6/30,GET /products/:id = 3/60, GET /users/me=off,POST /auth/login=2/60',
};

let shop: Shop;

beforeAll(async () => {
  shop = await openShop(LIMITS);
});
beforeEach(async () => {
  shop.reset();
  shop.services.products.listProducts = jest.fn(async () => ({ items: [], page: { nextCursor: '' } }));
  const counters = await shop.redis.keys('ratelimit:*');
  if (counters.length > 0) await shop.redis.del(counters);
});
afterAll(() => shop.close());

const statusesOf = async (times: number, once: (i: number) => Promise<Answer>) => {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await once(i)).status);
  return statuses;
};
const policyOf = ({ headers }: Answer) => headers.get('ratelimit-policy');

test('when a route has a line of its own, then that limit counts in place of all others, per user', async () => {
  const order = () => shop.ask('customer', 'POST /orders', { body: {} });
  expect(policyOf(await order())).toBe('"post /orders";q=2;w=60');
  expect(await statusesOf(2, order)).toEqual([400, 429]);
  expectProblem(await order(), 429, 'RATE_LIMITED');
  expect((await shop.ask('admin', 'POST /orders', { body: {} })).status).toBe(400);
});

test('when nobody has to sign in on the route, then its line counts an address, however many users ask from there', async () => {
  const login = { body: { email: 'mallory@example.com', password: 'guessed-by-somebody' } };
  const users = ['customer', 'admin'] as const;
  const statuses = await statusesOf(4, (i) => shop.ask(users[i] ?? 'anybody', 'POST /auth/login', login));
  expect(statuses).toEqual([401, 401, 429, 429]);
});

test('when a line allows more than there is for all routes, then it does', async () => {
  expect(await statusesOf(7, () => shop.ask('anybody', 'GET /products'))).toEqual([...Array(6).fill(200), 429]);
});

test('when a route has no line, then nothing has changed for it, and the others have not counted there', async () => {
  await statusesOf(4, () => shop.ask('customer', 'GET /users/me'));
  const answer = await shop.ask('customer', 'GET /auth/sessions');
  expect(policyOf(answer)).toBe('"global";q=4;w=60');
  expect(answer.headers.get('ratelimit')).toMatch(/^"global";r=3;/);
});

test('when the line of a route says off, then nothing counts there', async () => {
  const answers = await statusesOf(10, () => shop.ask('customer', 'GET /users/me'));
  expect(answers).toEqual(Array(10).fill(200));
  expect(policyOf(await shop.ask('customer', 'GET /users/me'))).toBeNull();
});

test('when a path is asked for by HEAD, with a version or with several ids, then it is the same route', async () => {
  const ways = ['HEAD /products/a', 'GET /products/b', 'GET /v1/products/c', 'GET /products/d'];
  shop.services.products.getProduct = jest.fn(() => Promise.reject(new Error('no answer in this test')));
  expect((await statusesOf(4, (i) => shop.ask('anybody', ways[i] ?? ''))).indexOf(429)).toBe(3);
});

test.each([
  'POST /order=30/60',
  'PUT /orders=30/60',
  'GET /products/:sku=1/1',
  'HEAD /products=1/1',
  'GET /v1/orders=1/1',
])('when there is no such route (%s), then the gateway does not start, and says which variable it is', async (line) => {
  const starting = startGateway({ env: { RATE_LIMIT_ROUTES: `GET /products=6/60,${line}` } });
  await expect(starting).rejects.toThrow(`RATE_LIMIT_ROUTES names what is no route: ${line.split('=')[0]}`);
});

test('when requests are counted, then the metrics say how many each limit let through and refused', async () => {
  const counted = async (policy: string, decision: string) => {
    const line = `gateway_rate_limit_decisions_total{policy="${policy}",decision="${decision}"} `;
    return Number((await metricsOfThisProcess()).split(line)[1]?.split('\n')[0] ?? 0);
  };
  const before = [await counted('POST /orders', 'allowed'), await counted('POST /orders', 'limited')];
  await statusesOf(5, () => shop.ask('customer', 'POST /orders', { body: {} }));
  const after = [await counted('POST /orders', 'allowed'), await counted('POST /orders', 'limited')];
  expect(after.map((count, i) => count - (before[i] ?? 0))).toEqual([2, 3]);
});
