import { PASSWORD } from './accounts';
import { type Gateway, startGateway, untilReady } from './gateway';
import { type Answer, type Ask, ask, expectProblem } from './http';
import { admin, customer, openShop, type Shop, type Who } from './shop';

const LIMITS = {
  RATE_LIMIT_GLOBAL: '6/60',
  RATE_LIMIT_ORDERS: '3/60',
  RATE_LIMIT_LOGIN: '3/60',
  RATE_LIMIT_LOGIN_ACCOUNT: '3/900',
  RATE_LIMIT_REGISTER: '2/60',
  RATE_LIMIT_REFRESH: '2/60',
  RATE_LIMIT_EXPORT: '2/60',
};

/** Believes nobody about addresses. */
let shop: Shop;
/** Another gateway on the same Redis, behind one proxy. */
let proxied: Gateway;

beforeAll(async () => {
  shop = await openShop(LIMITS);
  const roomy = { RATE_LIMIT_GLOBAL: 'off', TRUSTED_PROXY_HOPS: '1' };
  proxied = await startGateway({ ...shop.services, env: { ...LIMITS, ...roomy } });
  await untilReady(proxied);
});
beforeEach(async () => {
  shop.reset();
  shop.services.products.listProducts = jest.fn(async () => ({ items: [], page: { nextCursor: '' } }));
  const counters = await shop.redis.keys('ratelimit:*');
  if (counters.length > 0) await shop.redis.del(counters);
});
afterAll(async () => {
  await proxied.stop();
  await shop.close();
});

const last = (answers: Answer[]) => answers.at(-1) as Answer;
const statuses = (answers: Answer[]) => answers.map(({ status }) => status);
async function times(n: number, once: (i: number) => Promise<Answer>): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let i = 0; i < n; i++) answers.push(await once(i));
  return answers;
}

/** The draft's structured fields, by policy. */
function stateOf({ headers }: Answer) {
  const of = (name: string) =>
    Object.fromEntries(
      (headers.get(name) ?? '')
        .split(', ')
        .filter(Boolean)
        .map((item) => {
          const [policy = '', ...parameters] = item.split(';');
          return [JSON.parse(policy) as string, parameters.join(';')];
        }),
    );
  return { policies: of('ratelimit-policy'), left: of('ratelimit') };
}

function expectRefused(answer: Answer, withinSeconds: number): void {
  expectProblem(answer, 429, 'RATE_LIMITED');
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(withinSeconds);
}

const wrongLogin = (email: string): Ask => ({ body: { email, password: 'wrong' } });
const login = (email: string, password: string, headers = {}) =>
  ask(proxied.url, 'POST /auth/login', { body: { email, password }, headers });

describe('every policy', () => {
  const asCustomer = { who: 'customer' as const };
  test.each<{ policy: string; points: number; what: string; asked: Ask & { who?: Who } }>([
    { policy: 'global', points: 6, what: 'GET /users/me', asked: asCustomer },
    { policy: 'global', points: 6, what: 'GET /products', asked: {} },
    { policy: 'export', points: 2, what: 'GET /users/me/export', asked: asCustomer },
    { policy: 'orders', points: 3, what: 'POST /orders', asked: { ...asCustomer, body: {} } },
    {
      policy: 'login',
      points: 3,
      what: 'POST /auth/login',
      asked: { body: { email: customer.email, password: PASSWORD } },
    },
    { policy: 'register', points: 2, what: 'POST /auth/register', asked: { body: {} } },
    { policy: 'refresh', points: 2, what: 'POST /auth/refresh', asked: { body: {} } },
  ])(
    'when $policy allows $points requests, then as many of $what pass, each told what is left, and the next is 429',
    async ({ policy, points, what, asked: { who = 'anybody', ...asked } }) => {
      const answers = await times(points + 1, () => shop.ask(who, what, asked));
      expect(statuses(answers).slice(0, points)).not.toContain(429);
      answers.slice(0, points).forEach((answer, i) => {
        const { policies, left } = stateOf(answer);
        expect(policies[policy]).toBe(`q=${points};w=60`);
        expect(left[policy]).toMatch(new RegExp(`^r=${points - 1 - i};t=([1-9]|[1-5]\\d|60)$`));
      });
      expectRefused(last(answers), 60);
      expect(stateOf(last(answers)).left[policy]).toMatch(/^r=0;t=/);
      expect(shop.gateway.logs).toContainEqual(
        expect.objectContaining({
          ...{ 'event.action': 'rate_limited', 'http.response.status_code': 429, 'client.ip': '127.0.0.1' },
        }),
      );
    },
  );

  test('when a route has two limits, then both are told', async () => {
    const answer = await shop.ask('customer', 'POST /orders', { body: {} });
    expect(stateOf(answer).policies).toEqual({ global: 'q=6;w=60', orders: 'q=3;w=60' });
  });

  test('when one of several gateways has counted, then the others go on from there', async () => {
    await times(2, () => ask(shop.gateway.url, 'POST /auth/refresh', { body: {} }));
    expectRefused(await ask(proxied.url, 'POST /auth/refresh', { body: {} }), 60);
  });

  test('when a policy is off, then it neither counts nor speaks', async () => {
    const answers = await times(8, () => ask(proxied.url, 'GET /products'));
    expect(statuses(answers)).toEqual(Array(8).fill(200));
    expect(last(answers).headers.get('ratelimit')).toBeNull();
    expect(last(answers).headers.get('ratelimit-policy')).toBeNull();
  });

  test('when probes ask often, then they are neither counted nor refused', async () => {
    const answers = await times(10, () => shop.ask('anybody', 'GET /health/live'));
    expect(statuses(answers)).toEqual(Array(10).fill(200));
    expect(last(answers).headers.get('ratelimit')).toBeNull();
  });
});

describe('who is counted', () => {
  test('when one user has used up what there is, then others at the same address have not', async () => {
    expectRefused(last(await times(7, () => shop.ask('customer', 'GET /users/me'))), 60);
    expect((await shop.ask('admin', 'GET /users/me')).status).toBe(200);
    expect((await shop.ask('anybody', 'GET /products')).status).toBe(200);
  });

  test('when a token is only made up, then it does not make another client', async () => {
    const answers = await times(7, (i) => ask(shop.gateway.url, 'GET /products', { token: `made.up.${i}` }));
    expectRefused(last(answers), 60);
  });

  test.each(['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip'])(
    'when there is no proxy of ours and %s names another address each time, then it is not believed',
    async (header) => {
      const value = (i: number) => (header === 'forwarded' ? `for=192.0.2.${i}` : `192.0.2.${i}`);
      const answers = await times(4, (i) =>
        ask(shop.gateway.url, 'POST /auth/login', {
          ...wrongLogin(`user-${i}@example.com`),
          headers: { [header]: value(i) },
        }),
      );
      expect(statuses(answers)).toEqual([401, 401, 401, 429]);
    },
  );

  test('when there is one proxy of ours, then the last address is believed, and what the client wrote is not', async () => {
    const from = (address: string) => login('nobody@example.com', 'wrong', { 'x-forwarded-for': address });
    const forged = await times(4, (i) => from(`198.51.100.${i}, 192.0.2.1`));
    expectRefused(last(forged), 900);
    await shop.redis.del(await shop.redis.keys('ratelimit:LOGIN_ACCOUNT*'));
    expect((await from('192.0.2.2')).status).toBe(401);
    expectRefused(await from('192.0.2.1'), 60);
  });

  test('when an IPv6 client moves about in its /64, then it stays one client', async () => {
    const answers = await times(4, (i) =>
      login(`user-${i}@example.com`, 'wrong', { 'x-forwarded-for': `2001:db8:0:1::${i}` }),
    );
    expect(statuses(answers)).toEqual([401, 401, 401, 429]);
    const neighbour = { 'x-forwarded-for': '2001:db8:0:2::1' };
    expect((await login('nobody@example.com', 'wrong', neighbour)).status).toBe(401);
  });
});

describe('failures per account', () => {
  let address = 0;
  /** From somewhere else each time. */
  const guess = (email: string, password = 'wrong') => {
    address += 1;
    return login(email, password, { 'x-forwarded-for': `203.0.113.${address}` });
  };

  test('when an account has failed three times, then it is closed to everybody, right password or not', async () => {
    expect(statuses(await times(3, () => guess(customer.email)))).toEqual([401, 401, 401]);
    expectRefused(await guess(customer.email), 900);
    const calls = shop.accounts.calls.length;
    expectRefused(await guess(customer.email, PASSWORD), 900);
    expect(shop.accounts.calls).toHaveLength(calls);
    expect((await guess(admin.email, PASSWORD)).status).toBe(200);
  });

  test('when the address is written otherwise, then it is the same account', async () => {
    for (const spelling of ['ADA@example.com', ' ada@EXAMPLE.com ', 'Ada@Example.com']) await guess(spelling);
    expectRefused(await guess(customer.email, PASSWORD), 900);
  });

  test('when nobody has the address, then it is answered like one that somebody has', async () => {
    const unknown = await times(4, () => guess('nobody@example.com'));
    const known = await times(4, () => guess(customer.email));
    const shown = ({ status, body: { code, detail } }: Answer) => [status, code, detail];
    expect(unknown.map(shown)).toEqual(known.map(shown));
  });

  test('when logins succeed, then they do not count, and neither do failures without an answer', async () => {
    await times(4, () => guess(customer.email, PASSWORD));
    expect((await guess(customer.email, PASSWORD)).status).toBe(200);
    shop.services.users.verifyCredentials = jest.fn(() => Promise.reject(new Error('unexpected')));
    await times(4, () => guess(customer.email));
    shop.reset();
    expect((await guess(customer.email, PASSWORD)).status).toBe(200);
  });

  test('when guesses come all at once, then none gets in after the third failure', async () => {
    const wrong = await Promise.all(Array.from({ length: 10 }, () => guess(customer.email)));
    expect(statuses(wrong).filter((status) => status === 401).length).toBeLessThanOrEqual(3);
    expectRefused(await guess(customer.email, PASSWORD), 900);
  });

  test('when Redis is looked at, then it does not know the address', async () => {
    await guess(customer.email);
    const counters = await shop.redis.keys('ratelimit:LOGIN_ACCOUNT*');
    expect(counters).toHaveLength(1);
    expect(counters.join()).not.toContain('ada');
    expect(await shop.redis.pttl(counters[0] ?? '')).toBeGreaterThan(0);
  });
});
