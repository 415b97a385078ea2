import { PASSWORD } from './accounts';
import { type Answer, ask, expectProblem } from './http';
import { customer, openShop, type Shop } from './shop';

const FAILURES = 3;
const DAY = 24 * 60 * 60_000;

let shop: Shop;
let addresses = 0;

beforeAll(async () => {
  const limits = { RATE_LIMIT_GLOBAL: 'off', RATE_LIMIT_LOGIN: 'off', RATE_LIMIT_LOGIN_ACCOUNT: `${FAILURES}/900` };
  shop = await openShop({ ...limits, TRUSTED_PROXY_HOPS: '1' });
});
beforeEach(async () => {
  shop.reset();
  await shop.redis.flushdb();
});
afterAll(() => shop.close());

/** Nobody has signed in from there. */
const elsewhere = () => `203.0.113.${++addresses}`;
const HOME = '192.0.2.1';
const logIn = (from: string, password = PASSWORD, email = customer.email): Promise<Answer> =>
  ask(shop.gateway.url, 'POST /auth/login', { body: { email, password }, headers: { 'x-forwarded-for': from } });
const guess = async (times: number, from: () => string, email = customer.email) => {
  const statuses: number[] = [];
  for (let i = 0; i < times; i++) statuses.push((await logIn(from(), 'wrong', email)).status);
  return statuses;
};
const knownClients = async () => (await shop.redis.keys('known-clients:*'))[0] ?? '';

test('when somebody guesses from everywhere, then the owner still signs in where they did before', async () => {
  await logIn(HOME);
  expect(await guess(5, elsewhere)).toEqual([401, 401, 401, 429, 429]);
  expect((await logIn(HOME)).status).toBe(200);
  expectProblem(await logIn(elsewhere()), 429, 'RATE_LIMITED');
});

test('when somebody guesses where the owner signs in, then that place is closed, and others are not', async () => {
  await logIn(HOME);
  expect(await guess(4, () => HOME)).toEqual([401, 401, 401, 429]);
  expectProblem(await logIn(HOME), 429, 'RATE_LIMITED');
  expect((await logIn(elsewhere())).status).toBe(200);
});

test('when guesses come all at once from where the owner signs in, then none gets in after the third failure', async () => {
  await logIn(HOME);
  const wrong = await Promise.all(Array.from({ length: 10 }, () => logIn(HOME, 'wrong')));
  expect(wrong.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(FAILURES);
  expectProblem(await logIn(HOME), 429, 'RATE_LIMITED');
});

test('when guesses and the right password are on their way together, then it does not get in once the place is closed', async () => {
  await logIn(HOME);
  const { verifyCredentials } = shop.services.users;
  const real = verifyCredentials as (request: never) => Promise<unknown>;
  shop.services.users.verifyCredentials = jest.fn(async (request: never) => {
    const user = await real(request);
    shop.services.users.verifyCredentials = real as jest.Mock;
    await guess(FAILURES, () => HOME);
    return user;
  });
  expectProblem(await logIn(HOME), 429, 'RATE_LIMITED');
});

test('when an IPv6 owner comes from another address of the same /64, then it is where they did before', async () => {
  await logIn('2001:db8:0:1::1');
  await guess(4, elsewhere);
  expect((await logIn('2001:db8:0:1::2')).status).toBe(200);
  expect((await logIn('2001:db8:0:2::1')).status).toBe(429);
});

test('when one has signed in somewhere else than another account, then it is known for that account only', async () => {
  await logIn(HOME);
  await guess(4, elsewhere, 'root@example.com');
  expect((await logIn(HOME, PASSWORD, 'root@example.com')).status).toBe(429);
});

test('when nobody has the address, then it is answered from there like one that somebody has', async () => {
  const shown = async (email: string) => [await guess(4, () => HOME, email), await guess(4, elsewhere, email)];
  expect(await shown('nobody@example.com')).toEqual(await shown(customer.email));
});

test('when one has signed in from ten other places since, or 30 days ago, then a place is not known any more', async () => {
  await logIn(HOME);
  for (let i = 0; i < 10; i++) await logIn(elsewhere());
  expect(await shop.redis.zcard(await knownClients())).toBe(10);
  const recent = elsewhere();
  await logIn(recent);
  await guess(4, elsewhere);
  expect((await logIn(HOME)).status).toBe(429);
  expect((await logIn(recent)).status).toBe(200);

  const key = await knownClients();
  for (const client of await shop.redis.zrange(key, 0, -1)) await shop.redis.zincrby(key, -30 * DAY, client);
  expect((await logIn(recent)).status).toBe(429);
});

test('when Redis is looked at, then it knows neither who nor where, and forgets', async () => {
  await logIn(HOME);
  const key = await knownClients();
  const kept = JSON.stringify([key, await shop.redis.zrange(key, 0, -1)]);
  expect(kept).not.toMatch(/ada|192\.0\.2|203\.0\.113/);
  expect(await shop.redis.pttl(key)).toBeGreaterThan(29 * DAY);
});
