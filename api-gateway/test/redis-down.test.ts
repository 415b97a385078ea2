import { setTimeout as pause } from 'node:timers/promises';
import { aUser, fakeUsers, PASSWORD } from './accounts';
import { type Gateway, startGateway, untilReady } from './gateway';
import { type Ask, ask } from './http';
import { RedisServer } from './redis-server';

const ada = aUser();
const products = { listProducts: async () => ({ items: [], page: { nextCursor: '' } }) };

let redis: RedisServer;
let gateway: Gateway;
let users: ReturnType<typeof fakeUsers>;

beforeEach(async () => {
  redis = await RedisServer.start();
  users = fakeUsers([ada]);
  const env = { ...redis.env, RATE_LIMIT_GLOBAL: '20/60', RATE_LIMIT_REFRESH: '500/60', RATE_LIMIT_LOGIN: '500/60' };
  gateway = await startGateway({ users: users.methods, products, env });
  await untilReady(gateway);
});
afterEach(async () => {
  redis.thaw();
  await gateway.stop();
  await redis.remove();
});

const logIn = () => ask(gateway.url, 'POST /auth/login', { body: { email: ada.email, password: PASSWORD } });
const timed = async (what: string, asked?: Ask) => {
  const startedAt = performance.now();
  const { status, body, headers } = await ask(gateway.url, what, asked);
  return { status, code: body.code, retryAfter: headers.get('retry-after'), ms: performance.now() - startedAt };
};

const freeze = () => Promise.resolve(redis.freeze());
const stopped = (name: string) => [name, name === 'frozen' ? freeze : () => redis.kill()] as const;

describe.each([stopped('frozen'), stopped('killed')])('when Redis is %s', (name, stop) => {
  test('then what needs a session is 503 within 300 ms, public reads go on with a local limit, and all comes back', async () => {
    const { body: session } = await logIn();
    await stop();
    const protectedRoutes: [string, Ask][] = [
      ['GET /auth/me', { token: session.accessToken }],
      ['POST /auth/logout', { token: session.accessToken }],
      ['POST /auth/login', { body: { email: ada.email, password: PASSWORD } }],
      ['POST /auth/refresh', { body: { refreshToken: session.refreshToken } }],
    ];
    const calls = users.calls.length;
    for (let round = 0; round < 3; round++) {
      const answers = await Promise.all(protectedRoutes.map(([what, asked]) => timed(what, asked)));
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 503, code: 'UNAVAILABLE', retryAfter: '1' });
        expect(answer.ms).toBeLessThan(900);
      }
      process.stdout.write(`${name}: ${answers.map(({ ms }) => ms.toFixed(0)).join(' ')} ms\n`);
    }
    expect(users.calls).toHaveLength(calls);

    const reads = [];
    for (let i = 0; i < 22; i++) reads.push(await timed('GET /products'));
    expect(reads.map(({ status }) => status)).toEqual([...Array(20).fill(200), 429, 429]);
    expect((await timed('GET /products', { token: session.accessToken })).status).toBe(200);
    expect((await ask(gateway.url, 'GET /health')).body.details.redis.status).toBe('down');

    if (name === 'frozen') {
      redis.thaw();
      await untilReady(gateway);
      await pause(600);
      // Refused while Redis was frozen, so not used up by the commands that waited in its socket.
      const answer = await ask(gateway.url, 'POST /auth/refresh', { body: { refreshToken: session.refreshToken } });
      expect(answer.status).toBe(200);
      expect((await ask(gateway.url, 'GET /auth/me', { token: answer.body.accessToken })).status).toBe(200);
      expect((await ask(gateway.url, 'GET /auth/me', { token: session.accessToken })).status).toBe(200);
    } else {
      await redis.start();
      await untilReady(gateway);
      await pause(600);
      expect((await timed('GET /auth/me', { token: session.accessToken })).status).toBe(401);
      expect((await logIn()).status).toBe(200);
    }
  });
});

test('when Redis comes later than the gateway, then the gateway is up, not ready, and then ready', async () => {
  await redis.kill();
  const other = await startGateway({ env: redis.env });
  try {
    expect((await ask(other.url, 'GET /health/live')).status).toBe(200);
    expect((await ask(other.url, 'GET /health/ready')).status).toBe(503);
    await redis.start();
    await untilReady(gateway);
  } finally {
    await other.stop();
  }
});

test('when the authority that is trusted does not vouch for Redis, then the gateway has none', async () => {
  const trusting = await startGateway({ env: {} });
  const wary = await startGateway({ env: { REDIS_CA: '' } });
  try {
    await untilReady(trusting);
    expect((await ask(wary.url, 'GET /health/ready')).status).toBe(503);
  } finally {
    await Promise.all([trusting.stop(), wary.stop()]);
  }
});
