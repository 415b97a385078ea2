import { createHmac } from 'node:crypto';
import type { Redis } from 'ioredis';
import type * as accountsModule from './accounts';
import { aUser, PASSWORD } from './accounts';
import type * as gatewayModule from './gateway';
import { type Gateway, openRedis, SECRETS, untilReady } from './gateway';
import { ask, expectProblem } from './http';
import { expectOnePair } from './parallel-refreshes';

const ada = aUser();
const OLD = { access: SECRETS.JWT_ACCESS_SECRET, refresh: SECRETS.JWT_REFRESH_SECRET };
const NEW = { access: 'Zb7kW2vRq9xLm4sTc1yPn6hJd8gFa0eUo3iKt5Xw', refresh: 'Hn5tQ8wZr2yVk7mPs4xLc9bGd1jFa6eUi0oKv3Yx' };
const both = (first: typeof OLD, second: typeof OLD) => ({
  access: `${first.access},${second.access}`,
  refresh: `${first.refresh},${second.refresh}`,
});
const PHASES = { old: OLD, 'old,new': both(OLD, NEW), 'new,old': both(NEW, OLD), new: NEW };
type Phase = keyof typeof PHASES;
const STEPS: [Phase, Phase][] = [
  ['old', 'old,new'],
  ['old,new', 'new,old'],
  ['new,old', 'new'],
];

let redis: Redis;
const gateways = {} as Record<Phase, Gateway>;

beforeAll(async () => {
  redis = openRedis();
  for (const [phase, { access, refresh }] of Object.entries(PHASES)) {
    const env = { RATE_LIMIT_ENABLED: 'false', JWT_ACCESS_SECRET: access, JWT_REFRESH_SECRET: refresh };
    gateways[phase as Phase] = await startAlone(env);
    await untilReady(gateways[phase as Phase]);
  }
});
beforeEach(() => redis.flushdb());
afterAll(async () => {
  for (const gateway of Object.values(gateways)) await gateway.stop();
  redis.disconnect();
});

/** With modules of its own, as in a process of its own: Passport keeps one strategy for everybody who loads it. */
async function startAlone(env: Record<string, string>): Promise<Gateway> {
  let gateway: Promise<Gateway> | undefined;
  jest.isolateModules(() => {
    const { startGateway } = jest.requireActual<typeof gatewayModule>('./gateway');
    const { fakeUsers } = jest.requireActual<typeof accountsModule>('./accounts');
    gateway = startGateway({ users: fakeUsers([ada]).methods, env });
  });
  return gateway as Promise<Gateway>;
}

const logIn = async (at: Phase) => {
  const body = { email: ada.email, password: PASSWORD };
  return (await ask(gateways[at].url, 'POST /auth/login', { body })).body as {
    accessToken: string;
    refreshToken: string;
  };
};
const refresh = (refreshToken: string, at: Phase) =>
  ask(gateways[at].url, 'POST /auth/refresh', { body: { refreshToken } });
const me = async (token: string, at: Phase) => (await ask(gateways[at].url, 'GET /auth/me', { token })).status;

describe.each(STEPS)('while some gateways have %s and others %s', (behind, ahead) => {
  const everyWay: [Phase, Phase][] = [
    [behind, ahead],
    [ahead, behind],
  ];

  test.each(everyWay)('when one signs in where there is %s, then %s knows both tokens', async (here, there) => {
    const { accessToken, refreshToken } = await logIn(here);
    expect(await me(accessToken, there)).toBe(200);
    const { status, body } = await refresh(refreshToken, there);
    expect(status).toBe(200);
    expect([await me(body.accessToken, here), await me(body.accessToken, there)]).toEqual([200, 200]);
    expect((await refresh(body.refreshToken, here)).status).toBe(200);
  });

  test.each(everyWay)('when an answer of %s is lost, then %s gives the same again', async (here, there) => {
    const { refreshToken } = await logIn(behind);
    const lost = await refresh(refreshToken, here);
    const again = await refresh(refreshToken, there);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(lost.body);
    expect((await refresh(again.body.refreshToken, there)).status).toBe(200);
  });

  test('when 50 refreshes with one token come at once to both, then all get the same pair, good at both', async () => {
    const { refreshToken } = await logIn(behind);
    const next = await expectOnePair(50, refreshToken, [gateways[behind], gateways[ahead]]);
    expect([await me(next.accessToken, behind), await me(next.accessToken, ahead)]).toEqual([200, 200]);
  });
});

test('when keys change from the first step to the last, then a session lives through all of them', async () => {
  let session = await logIn('old');
  for (const [behind, ahead] of STEPS) {
    for (const at of [behind, ahead, behind]) {
      expect(await me(session.accessToken, at)).toBe(200);
      session = (await refresh(session.refreshToken, at)).body;
    }
  }
  expect(await me(session.accessToken, 'new')).toBe(200);
  expect(await redis.keys('session:*')).toHaveLength(1);
});

test('when the old keys have gone, then what they signed is refused, and no session ends of it', async () => {
  const { accessToken, refreshToken } = await logIn('old');
  expectProblem(await ask(gateways.new.url, 'GET /auth/me', { token: accessToken }), 401, 'UNAUTHENTICATED');
  expectProblem(await refresh(refreshToken, 'new'), 401, 'INVALID_REFRESH_TOKEN');
  expect(await me(accessToken, 'new,old')).toBe(200);
  expect((await refresh(refreshToken, 'new,old')).status).toBe(200);
});

describe('tokens from before keys had names', () => {
  const payloadOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

  test.each<Phase>(['old', 'old,new', 'new,old'])(
    'when a session comes with one to where there is %s, then it goes on, and a lost answer is repeated',
    async (at) => {
      const session = await logIn('old');
      const payload = { ...payloadOf(session.refreshToken), jti: 'was-made-of-the-secret' };
      await redis.hset(`refresh:${payload.sid}`, 'jti', payload.jti);
      expect(await me(signed(payloadOf(session.accessToken), OLD.access), at)).toBe(200);

      const old = signed(payload, OLD.refresh);
      const next = await refresh(old, at);
      expect(next.status).toBe(200);
      expect((await refresh(old, at)).body).toEqual(next.body);

      // As it was when another gateway, from before, had made this pair.
      await redis.hset(`refresh:${payload.sid}`, 'jti', 'also-made-of-it');
      await redis.hdel(`refresh:${payload.sid}`, 'accessKid', 'refreshKid');
      const repeated = await refresh(old, at);
      expect(repeated.status).toBe(200);
      expect((await refresh(repeated.body.refreshToken, at)).status).toBe(200);
    },
  );
});

describe('forged names of keys', () => {
  const kidOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;

  test.each<[string, (kid: string, ofRefresh: string) => object, string]>([
    ['an unknown name', () => ({ kid: 'k1' }), OLD.access],
    ['the name of the key of refresh tokens', (_kid, ofRefresh) => ({ kid: ofRefresh }), OLD.refresh],
    ['a file for a name', () => ({ kid: '/dev/null' }), ''],
    ['the right name and a key of its own', (kid) => ({ kid, jwk: { kty: 'oct', k: 'AAAA' } }), 'attacker'],
    ['an address of keys', () => ({ jku: 'https://attacker.example/jwks' }), 'attacker'],
    ['the right name and no signature', (kid) => ({ kid, alg: 'none' }), OLD.access],
  ])('when a token has %s, then it is 401 like any other', async (_what, headerWith, secret) => {
    const { accessToken, refreshToken } = await logIn('old');
    const payload = JSON.parse(Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString());
    const token = signed(payload, secret, headerWith(kidOf(accessToken), kidOf(refreshToken)));
    for (const gateway of [gateways.old, gateways['new,old']])
      expectProblem(await ask(gateway.url, 'GET /auth/me', { token }), 401, 'UNAUTHENTICATED');
  });
});

function signed(payload: object, secret: string, header: object = {}): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const text = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(payload)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
