import { eventually } from '@shop/service-kit/testing';
import { AppProcess } from '../testing/app-process';
import { aProductWithoutStock } from '../testing/builders';
import { Client } from '../testing/client';
import { problem } from '../testing/shapes';
import { withSlack } from '../testing/promised-times';
import { Shop } from '../testing/shop';

const SECOND = 1000;
const LIMITS = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_GLOBAL: '1000/60',
  RATE_LIMIT_LOGIN: '3/4',
  RATE_LIMIT_ORDERS: '60/60',
};

let shop: Shop;
let other: AppProcess;

beforeAll(async () => {
  shop = await Shop.open();
  other = await AppProcess.start(shop.system, 'api-gateway', LIMITS);
}, 60_000);

afterAll(() => other?.stop());

test('when a customer signs out at one gateway, then the other refuses them at once', async () => {
  const customer = await shop.customer();
  const there = customer.at(other.http);
  expect((await there.call('GET', '/users/me')).status).toBe(200);
  await customer.call('POST', '/auth/logout');
  await eventually(async () => expect((await there.call('GET', '/users/me')).status).toBe(401), withSlack(100));
  expect((await there.refresh()).status).toBe(401);
});

test('when a token is refreshed at both gateways at once, then both answer with the same new pair', async () => {
  const customer = await shop.customer();
  const there = customer.at(other.http);
  const [one, two] = await Promise.all([customer.refresh(), there.refresh()]);
  expect([one.status, two.status]).toEqual([200, 200]);
  expect(two.body.refreshToken).toBe(one.body.refreshToken);
});

test('when a product is changed at one gateway, then the other shows it within a second', async () => {
  const path = `/products/${await shop.productOnSale(1)}`;
  const there = new Client(other.http);
  await there.call('GET', path);
  await shop.admin.call('PUT', path, aProductWithoutStock({ name: 'Renamed lantern' }));
  await eventually(
    async () => expect((await there.call('GET', path)).body.name).toBe('Renamed lantern'),
    withSlack(SECOND),
  );
});

describe('rate limits', () => {
  test('when a limit applies, then every answer says what is left of it', async () => {
    const { headers } = await new Client(other.http).call('GET', '/products?limit=1');
    expect(headers.get('ratelimit-policy')).toBe('"global";q=1000;w=60');
    expect(headers.get('ratelimit')).toMatch(/^"global";r=\d+;t=\d+$/);
    const customer = (await shop.customer()).at(other.http);
    const order = await customer.call('POST', '/orders', {});
    expect(order.headers.get('ratelimit-policy')).toBe('"global";q=1000;w=60, "orders";q=60;w=60');
  });

  test('when a limit is used up, then 429 says how long, and after that it goes on', async () => {
    const { email, password } = (await shop.customer()).account;
    const guest = new Client(other.http);
    const attempts = [];
    for (let i = 0; i < 4; i++) attempts.push(await guest.call('POST', '/auth/login', {}));
    const last = attempts.pop();
    expect(attempts.map(({ status }) => status)).toEqual([400, 400, 400]);
    expect({ status: last?.status, body: last?.body }).toEqual({ status: 429, body: problem(429, 'RATE_LIMITED') });
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last?.headers.get('ratelimit')).toMatch(/"login";r=0;t=\d+/);
    await eventually(async () => expect((await guest.logIn(email, password)).status).toBe(200), 8 * SECOND);
  });

  test('when the rate limits of a gateway are off, then it counts nothing', async () => {
    const { headers } = await shop.anonymous().call('GET', '/products?limit=1');
    expect(headers.get('ratelimit')).toBeNull();
  });
});
