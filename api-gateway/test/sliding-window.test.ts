import { setTimeout as pause } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { fakeUsers } from './accounts';
import { type Gateway, openRedis, startGateway, untilReady } from './gateway';
import { type Answer, ask } from './http';

const SECOND = 1000;
const WINDOW = 3 * SECOND;
const POINTS = 10;
const ENV = {
  RATE_LIMIT_GLOBAL: 'off',
  RATE_LIMIT_REGISTER: '100/60',
  RATE_LIMIT_REFRESH: `${POINTS}/3`,
  RATE_LIMIT_LOGIN: `${POINTS}/10`,
};

let redis: Redis;
const gateways: Gateway[] = [];

beforeAll(async () => {
  redis = openRedis();
  for (let i = 0; i < 3; i++) gateways.push(await startGateway({ users: fakeUsers([]).methods, env: ENV }));
  for (const gateway of gateways) await untilReady(gateway);
});
beforeEach(() => redis.flushdb());
afterAll(async () => {
  for (const gateway of gateways) await gateway.stop();
  redis.disconnect();
});

/** Refused for its body at once, but counted. */
const request = (what = 'POST /auth/refresh', i = 0) => ask(gateways[i % 3]?.url ?? '', what, { body: {} });
const inTurn = async (times: number): Promise<Answer[]> => {
  const answers: Answer[] = [];
  for (let i = 0; i < times; i++) answers.push(await request('POST /auth/refresh', i));
  return answers;
};
const atOnce = (times: number) => Promise.all(Array.from({ length: times }, (_, i) => request('POST /auth/login', i)));
const passed = (answers: Answer[]) => answers.filter(({ status }) => status === 400).length;
const until = (time: number) => pause(Math.max(0, time - Date.now()));

test('when 1,000 requests come at once to three gateways with a limit of 100, then exactly 100 pass', async () => {
  const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => request('POST /auth/register', i)));
  // What a gateway that is too busy could not answer may have been counted.
  const unknown = answers.filter(({ status }) => status === 503).length;
  expect(passed(answers)).toBeLessThanOrEqual(100);
  expect(passed(answers) + unknown).toBeGreaterThanOrEqual(100);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(1000 - passed(answers) - unknown);
});

test('when a limit is used up at the end of one window, then the beginning of the next has only what has left', async () => {
  const startedAt = Date.now();
  expect(passed(await inTurn(1))).toBe(1);
  await until(startedAt + 0.75 * WINDOW);
  expect(passed(await inTurn(POINTS - 1))).toBe(POINTS - 1);
  const burstEndedAt = Date.now();
  await until(startedAt + 1.1 * WINDOW);
  expect(passed(await inTurn(POINTS))).toBe(1);
  await until(burstEndedAt + 1.06 * WINDOW);
  expect(passed(await inTurn(POINTS))).toBe(POINTS - 1);
});

test('when somebody asks all the time, then no window has more than its points, and each is used', async () => {
  const passes: { sentAt: number; answeredAt: number }[] = [];
  for (const endAt = Date.now() + 3 * WINDOW; Date.now() < endAt; await pause(20)) {
    const sentAt = Date.now();
    if (passed([await request()]) === 1) passes.push({ sentAt, answeredAt: Date.now() });
  }
  // Whenever each of two was counted, it was between its question and its answer.
  passes.slice(POINTS).forEach(({ answeredAt }, i) => {
    expect(answeredAt - (passes[i]?.sentAt ?? 0)).toBeGreaterThanOrEqual(WINDOW);
  });
  expect(passes.length).toBeGreaterThanOrEqual(2 * POINTS);
});

test('when some of a group of requests came late in it, then these do not leave with the first', async () => {
  // Requests within a twentieth of a window, by Redis' clock, are one group.
  const [window, width] = [10 * SECOND, 0.5 * SECOND];
  const [seconds, microseconds] = await redis.time();
  await pause(width - ((Number(seconds) * SECOND + Number(microseconds) / SECOND) % width));
  const startedAt = Date.now();
  await atOnce(POINTS / 2);
  await until(startedAt + 0.6 * width);
  const lateAt = Date.now();
  await atOnce(POINTS / 2);
  await until(startedAt + 1.01 * window);
  const again = passed(await atOnce(POINTS));
  const inOneWindow = Date.now() - lateAt < window ? POINTS / 2 + again : 0;
  expect(inOneWindow).toBeLessThanOrEqual(POINTS);
});

test('when one is told to wait and goes on asking, then the wait is over when it was said, and no later', async () => {
  await inTurn(POINTS);
  const refused = await request();
  const until = Date.now() + Number(refused.headers.get('retry-after')) * SECOND;
  expect(until - Date.now()).toBeLessThanOrEqual(WINDOW);
  while (Date.now() < until) {
    await request();
    await pause(100);
  }
  expect(passed([await request()])).toBe(1);
});

test('when a counter is not used for a window, then Redis has forgotten it', async () => {
  await inTurn(2);
  const [key = ''] = await redis.keys('ratelimit:REFRESH*');
  expect(await redis.pttl(key)).toBeGreaterThan(WINDOW - SECOND);
  expect(await redis.pttl(key)).toBeLessThanOrEqual(WINDOW);
});
