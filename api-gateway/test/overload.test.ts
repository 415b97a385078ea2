import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, scrape, sumOf } from '@shop/service-kit/testing';
import { aUser } from './accounts';
import { ask, expectProblem } from './http';
import { openShop, type Shop } from './shop';

const PLACES = 3;
const READ_WITHIN_MS = 200;

let shop: Shop;
/** Users-service answers when this is called. */
let answer: () => void;

beforeAll(async () => {
  shop = await openShop({ RATE_LIMIT_ENABLED: 'false', MAX_REQUESTS_IN_HAND: String(PLACES) });
});
beforeEach(() => {
  const answered = new Promise<void>((resolve) => (answer = resolve));
  shop.services.users.getUser = jest.fn(() => answered.then(() => aUser()));
});
afterAll(() => shop.close());

const look = () => shop.ask('customer', 'GET /users/me');

test('when more is asked than is answered, then the rest is refused at once, and later ones are served', async () => {
  const asked = Array.from({ length: PLACES }, look);
  await eventually(() => expect(shop.services.users.getUser).toHaveBeenCalledTimes(PLACES));
  const refused = await look();
  expectProblem(refused, 503, 'UNAVAILABLE');
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await ask(shop.gateway.url, 'GET /health/live')).status).toBe(200);
  const metrics = await scrape(shop.gateway.metrics);
  expect([sumOf(metrics, 'requests_in_hand'), sumOf(metrics, 'requests_shed_total')]).toEqual([PLACES, 1]);
  answer();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(Array(PLACES).fill(200));
  expect((await look()).status).toBe(200);
});

test('when clients send their bodies slowly, then they take nobody’s place', async () => {
  const head =
    'POST /auth/login HTTP/1.1\r\nhost: shop\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{';
  const slow = Array.from({ length: 2 * PLACES }, () => connect(shop.gateway.port, '127.0.0.1'));
  try {
    await Promise.all(slow.map((socket) => new Promise((sent) => socket.write(head, sent))));
    await pause(READ_WITHIN_MS);
    answer();
    expect((await look()).status).toBe(200);
  } finally {
    for (const socket of slow) socket.destroy();
  }
});
