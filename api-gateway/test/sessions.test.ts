import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { aUser, fakeUsers, PASSWORD } from './accounts';
import { type Gateway, openRedis, startGateway, untilReady } from './gateway';
import { ask } from './http';
import { expectOnePair } from './parallel-refreshes';

const ada = aUser();
const admin = aUser({ id: 'user-2', email: 'root@example.com', role: 'admin' });
const OFF = { RATE_LIMIT_ENABLED: 'false' };

let users: ReturnType<typeof fakeUsers>;
let first: Gateway;
let second: Gateway;
/** Its access tokens live two seconds. */
let brief: Gateway;
let redis: Redis;

beforeAll(async () => {
  users = fakeUsers([ada, admin]);
  redis = openRedis();
  first = await startGateway({ users: users.methods, env: OFF });
  second = await startGateway({ users: users.methods, env: OFF });
  brief = await startGateway({ users: users.methods, env: { ...OFF, JWT_EXPIRATION: '2s' } });
  for (const gateway of [first, second, brief]) await untilReady(gateway);
});
beforeEach(async () => {
  await redis.flushdb();
  users.audit.length = 0;
});
afterAll(async () => {
  await first.stop();
  await second.stop();
  await brief.stop();
  redis.disconnect();
});

const logIn = async (email = ada.email, gateway = first) => {
  const answer = await ask(gateway.url, 'POST /auth/login', { body: { email, password: PASSWORD } });
  expect(answer.status).toBe(200);
  return answer.body as { accessToken: string; refreshToken: string; user: { id: string } };
};
const refresh = (refreshToken: string, gateway = first) =>
  ask(gateway.url, 'POST /auth/refresh', { body: { refreshToken } });
const me = (token: string, gateway = first) => ask(gateway.url, 'GET /auth/me', { token });

describe('signing in and out', () => {
  test('when somebody logs in, then both gateways know the access token, and the audit trail the session', async () => {
    const { accessToken, ...rest } = await logIn();
    expect(rest).toMatchObject({ tokenType: 'Bearer', expiresIn: 900, refreshExpiresIn: 604_800, user: ada });
    expect((await me(accessToken)).body).toEqual(ada);
    expect((await me(accessToken, second)).status).toBe(200);
    expect(users.audit).toMatchObject([{ action: 'session.opened', actor: ada.id }]);
  });

  test('when the password is wrong, then 401 INVALID_CREDENTIALS and an audit record without the address', async () => {
    const answer = await ask(first.url, 'POST /auth/login', { body: { email: ada.email, password: 'wrong' } });
    expect(answer).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer error="/);
    expect(users.audit).toMatchObject([{ action: 'login.refused', actor: '' }]);
    expect(JSON.stringify(users.audit)).not.toContain(ada.email);
  });

  test('when somebody logs out, then access and refresh token are dead on both gateways', async () => {
    const { accessToken, refreshToken } = await logIn();
    const { status, headers } = await ask(first.url, 'POST /auth/logout', { token: accessToken });
    expect(status).toBe(204);
    expect(headers.get('clear-site-data')).toBe('"cache", "cookies", "storage"');
    expect((await me(accessToken)).body.code).toBe('UNAUTHENTICATED');
    expect((await me(accessToken, second)).status).toBe(401);
    expect((await refresh(refreshToken, second)).body.code).toBe('INVALID_REFRESH_TOKEN');
    expect(await redis.keys('blacklist:*')).toHaveLength(1);
  });

  test('when a token that has been let in expires, then it is TOKEN_EXPIRED', async () => {
    const { accessToken } = await logIn(ada.email, brief);
    expect((await me(accessToken, brief)).status).toBe(200);
    const giveUpAt = Date.now() + 5000;
    let answer = await me(accessToken, brief);
    for (; answer.status === 200 && Date.now() < giveUpAt; answer = await me(accessToken, brief)) await pause(50);
    expect(answer).toMatchObject({ status: 401, body: { code: 'TOKEN_EXPIRED' } });
  });

  test('when one logs out everywhere, then every session ends, but nobody else’s', async () => {
    const mine = [await logIn(), await logIn()];
    const other = await logIn(admin.email);
    const { headers } = await ask(first.url, 'POST /auth/logout-all', { token: mine[0]?.accessToken });
    expect(headers.has('clear-site-data')).toBe(true);
    for (const { accessToken } of mine) expect((await me(accessToken, second)).status).toBe(401);
    expect((await me(other.accessToken)).status).toBe(200);
  });

  test('when one session is ended from another, then only that one, and only by its owner', async () => {
    const [old, current, foreign] = [await logIn(), await logIn(), await logIn(admin.email)];
    const list = await ask(first.url, 'GET /auth/sessions', { token: current.accessToken });
    expect(list.body.items).toHaveLength(2);
    expect(list.body.items[0]).toMatchObject({ current: true, ip: '127.0.0.1' });
    const { id } = list.body.items[1];
    expect((await ask(first.url, `DELETE /auth/sessions/${id}`, { token: foreign.accessToken })).status).toBe(404);
    expect((await ask(first.url, `DELETE /auth/sessions/${id}`, { token: current.accessToken })).status).toBe(204);
    expect((await me(old.accessToken)).status).toBe(401);
    expect((await me(current.accessToken)).status).toBe(200);
  });

  test('when 20 logins come at once, then exactly 5 sessions are left, the newest among them', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => logIn(ada.email, i % 2 ? first : second)));
    const answers = await Promise.all(all.map(({ accessToken }) => me(accessToken)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5);
    expect(await redis.keys('session:*')).toHaveLength(5);
    expect(await redis.keys('refresh:*')).toHaveLength(5);
    const newest = await logIn();
    expect((await me(newest.accessToken)).status).toBe(200);
  });

  test('when Redis is emptied, then every session has ended and no key is without expiry before that', async () => {
    const { accessToken, refreshToken } = await logIn();
    for (const key of await redis.keys('*')) expect(await redis.pttl(key)).toBeGreaterThan(0);
    await redis.flushdb();
    expect((await me(accessToken)).status).toBe(401);
    expect((await refresh(refreshToken)).body.code).toBe('INVALID_REFRESH_TOKEN');
  });
});

describe('refresh tokens', () => {
  test('when 50 refreshes with one token come at once to two gateways, then all get the same pair', async () => {
    const { refreshToken } = await logIn();
    const next = await expectOnePair(50, refreshToken, [first, second]);
    expect(next.refreshToken).not.toBe(refreshToken);
  });

  test.each(['access', 'refresh'])(
    'when the new %s token was used, then the old one ends the session',
    async (kind) => {
      const old = await logIn();
      const bystander = await logIn();
      const next = (await refresh(old.refreshToken)).body;
      if (kind === 'access') await me(next.accessToken, second);
      else await refresh(next.refreshToken, second);
      expect(await refresh(old.refreshToken)).toMatchObject({ status: 401, body: { code: 'REFRESH_TOKEN_REUSED' } });
      expect((await me(next.accessToken)).status).toBe(401);
      expect((await refresh(next.refreshToken)).body.code).toBe('INVALID_REFRESH_TOKEN');
      expect((await me(bystander.accessToken)).status).toBe(200);
      expect(users.audit).toContainEqual(expect.objectContaining({ action: 'refresh.reused', actor: ada.id }));
      const logs = [...first.logs, ...second.logs];
      expect(logs).toContainEqual(expect.objectContaining({ 'event.action': 'refresh_token_reused' }));
    },
  );

  test('when the answer comes again later than 10 s after the rotation, then it ends the session', async () => {
    const { refreshToken } = await logIn();
    await refresh(refreshToken);
    const [family = ''] = await redis.keys('refresh:*');
    await redis.hincrby(family, 'rotatedAt', -10_001);
    expect((await refresh(refreshToken)).body.code).toBe('REFRESH_TOKEN_REUSED');
  });

  test('when a session reaches its absolute end, then refreshing does not prolong it', async () => {
    const { refreshToken } = await logIn();
    const [family = ''] = await redis.keys('refresh:*');
    await redis.hset(family, 'endsAt', Date.now() + 5000);
    const { body } = await refresh(refreshToken);
    expect(body.refreshExpiresIn).toBeLessThanOrEqual(5);
    expect(await redis.pttl(family)).toBeLessThanOrEqual(5000);
  });

  test('when users-service has disabled or erased the user, then a refresh ends the sessions', async () => {
    const { refreshToken } = await logIn();
    ada.disabled = true;
    expect((await refresh(refreshToken)).body.code).toBe('INVALID_REFRESH_TOKEN');
    ada.disabled = false;
    expect(await redis.keys('session:*')).toEqual([]);
  });

  test('when an access token is sent as refresh token or the other way round, then 401', async () => {
    const { accessToken, refreshToken } = await logIn();
    expect((await refresh(accessToken)).status).toBe(401);
    expect((await me(refreshToken)).status).toBe(401);
  });
});

describe('account changes', () => {
  const event = (type: string, data: object, at = new Date()) => ({
    id: `event-${Math.random()}`,
    type,
    subject: ada.id,
    time: at.toISOString(),
    data,
    requestId: 'request-of-change',
  });

  test('when no gateway runs, then changes of accounts wait for one, and those of the catalogue do not', () => {
    const kept = first.bus.subscriptions.map(({ queue, exclusive = false }) => [queue, exclusive]);
    expect(Object.fromEntries(kept)).toEqual({
      'api-gateway.follow-account-changes': false,
      'api-gateway.forget-changed-products': true,
    });
  });

  test('when a role changes, then live sessions have it, and an older event does not undo it', async () => {
    const { accessToken } = await logIn();
    await first.bus.deliver(event('user.role_changed', { userId: ada.id, role: 'admin' }));
    const [key = ''] = await redis.keys('session:*');
    expect(await redis.hget(key, 'role')).toBe('admin');
    const before = new Date(Date.now() - 60_000);
    await first.bus.deliver(event('user.role_changed', { userId: ada.id, role: 'customer' }, before));
    expect(await redis.hget(key, 'role')).toBe('admin');
    expect((await me(accessToken)).status).toBe(200);
  });

  test('when an account is disabled or erased, then its sessions end', async () => {
    for (const [type, data] of [
      ['user.updated', { userId: ada.id, disabled: true, passwordChanged: false }],
      ['user.erased', { userId: ada.id }],
    ] as const) {
      await redis.flushdb();
      const { accessToken } = await logIn();
      await first.bus.deliver(event(type, data));
      expect((await me(accessToken, second)).status).toBe(401);
    }
  });

  test('when a password changes, then the session that changed it stays, others end, later ones are not touched', async () => {
    const [changing, other] = [await logIn(), await logIn()];
    const list = await ask(first.url, 'GET /auth/sessions', { token: changing.accessToken });
    const { id } = list.body.items.find((item: { current: boolean }) => item.current);
    await redis.set('password-change:request-of-change', id, 'PX', 1000);
    const changedAt = new Date();
    ada.updatedAt = changedAt.toISOString();
    const later = await logIn();
    const data = { userId: ada.id, disabled: false, passwordChanged: true };
    await first.bus.deliver(event('user.updated', data, changedAt));
    const answers = await Promise.all([changing, other, later].map(({ accessToken }) => me(accessToken)));
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200]);
  });

  test.each([
    ['gets a new password', 'user.updated', { disabled: false, passwordChanged: true }],
    ['is disabled', 'user.updated', { disabled: true, passwordChanged: false }],
    ['gets a new role', 'user.role_changed', { role: 'admin' }],
    ['is erased', 'user.erased', {}],
  ])('when an account %s while a login is under way, then the login is refused', async (_what, type, data) => {
    const change = new Date(Date.parse(ada.updatedAt) + 1);
    const answer = await duringLogin(() => second.bus.deliver(event(type, { userId: ada.id, ...data }, change)));
    expect(answer).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
    expect(await redis.keys('session:*')).toEqual([]);
  });

  test('when a login has seen the account as it is after the change, then it is let in', async () => {
    const role = 'admin';
    const answer = await duringLogin(() =>
      second.bus.deliver(event('user.role_changed', { userId: ada.id, role }, new Date(ada.updatedAt))),
    );
    expect(answer.status).toBe(200);
  });

  test('when an account changes while a refresh is under way, then its session stays ended', async () => {
    const { refreshToken } = await logIn();
    const change = new Date(Date.parse(ada.updatedAt) + 1);
    const disabled = event('user.updated', { userId: ada.id, disabled: true, passwordChanged: false }, change);
    const answer = await during(
      'getUser',
      () => second.bus.deliver(disabled),
      () => refresh(refreshToken),
    );
    expect(answer).toMatchObject({ status: 401, body: { code: 'INVALID_REFRESH_TOKEN' } });
  });
});

const duringLogin = (work: () => Promise<void>) =>
  during('verifyCredentials', work, () =>
    ask(first.url, 'POST /auth/login', { body: { email: ada.email, password: PASSWORD } }),
  );

/** Something happens between users-service's answer and what the gateway makes of it. */
async function during<T>(
  method: 'verifyCredentials' | 'getUser',
  work: () => Promise<void>,
  ask: () => Promise<T>,
): Promise<T> {
  const methods = users.methods as Record<string, (request: never) => Promise<object>>;
  const real = methods[method] as (request: never) => Promise<object>;
  methods[method] = async (request: never) => {
    const answer = { ...(await real(request)) };
    await work();
    return answer;
  };
  return ask().finally(() => (methods[method] = real));
}
