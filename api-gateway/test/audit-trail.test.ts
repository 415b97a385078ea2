import type { users } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import { eventually } from '@shop/service-kit/testing';
import { fakeUsers } from './accounts';
import { startGateway, untilReady } from './gateway';
import { ask, patiently } from './http';
import { customer, openShop, type Shop } from './shop';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => {
  shop.reset();
  shop.gateway.logs.length = 0;
});
afterAll(() => shop.close());

const refused = () => shop.ask('customer', 'GET /users');
const trail = () => shop.accounts.audit;
const lost = () => shop.gateway.logs.filter((line) => line['event.action'] === 'audit_record_lost');

/** The trail as it is, but for some calls, which get another answer first. */
function answeringFirst(...answers: (() => Promise<unknown>)[]) {
  const rest = shop.accounts.methods.recordAuditBatch;
  return (shop.services.users.recordAuditBatch = jest.fn(async (request: users.RecordAuditBatchRequest) => {
    await answers.shift()?.();
    return rest(request);
  }));
}

const failing = (reason: 'UNAVAILABLE' | 'INTERNAL') => () => Promise.reject(new DomainError(reason));

test('when a customer asks for what admins may, then the trail says who, for what, from where and in which request', async () => {
  const answer = await refused();
  expect(answer.status).toBe(403);
  await eventually(() => expect(trail()).toHaveLength(1));
  expect(trail()).toMatchObject([
    {
      ...{ action: 'access.refused', actor: customer.id, target: 'GET /users', ip: '127.0.0.1' },
      requestId: answer.headers.get('x-request-id'),
    },
  ]);
});

test('when users fetch all that is kept about them, then that is in the trail, too', async () => {
  const nothing = jest.fn(async () => ({ items: [], page: { nextCursor: '' } }));
  Object.assign(shop.services.orders, { listOrders: nothing });
  Object.assign(shop.services.users, { listAudit: nothing });
  expect((await shop.ask('customer', 'GET /users/me/export')).status).toBe(200);
  expect(trail()).toMatchObject([{ action: 'user.exported', actor: customer.id, ip: '127.0.0.1' }]);
});

test('when many acts come while the trail is slow, then all go there together, each once, and nobody waits', async () => {
  let goOn = () => undefined as void;
  const calls = answeringFirst(() => new Promise((resolve) => (goOn = () => resolve(undefined))));
  const guess = { email: 'nobody@example.com', password: 'wrong password' };
  // Redis may be too slow for one of so many, which is no refusal.
  const attempt = () => patiently(() => shop.ask('anybody', 'POST /auth/login', { body: guess }));
  await Promise.all(Array.from({ length: 150 }, attempt));
  await eventually(() =>
    expect(shop.gateway.logs.filter((line) => line['labels.audit'] === 'login.refused')).toHaveLength(150),
  );
  expect(calls).toHaveBeenCalledTimes(1);
  goOn();
  await eventually(() => expect(new Set(trail().map(({ id }) => id)).size).toBe(150));
  expect(trail()).toHaveLength(150);
  expect(calls.mock.calls.map(([{ records }]) => records.length)).toEqual([1, 100, 49]);
});

test('when a customer is refused again and again, then the trail has it once a minute', async () => {
  for (let n = 0; n < 20; n++) await refused();
  await eventually(() =>
    expect(shop.gateway.logs.filter((line) => line['labels.audit'] === 'access.refused')).toHaveLength(20),
  );
  await eventually(() => expect(trail()).toHaveLength(20));
  expect(new Set(trail().map(({ id }) => id)).size).toBeLessThanOrEqual(2);
});

test('when users-service is away for a while, then the trail has the act once it is back, and the log no loss', async () => {
  const calls = answeringFirst(failing('UNAVAILABLE'), failing('UNAVAILABLE'));
  await refused();
  await eventually(() => expect(trail()).toMatchObject([{ action: 'access.refused' }]));
  expect([calls.mock.calls.length, lost()]).toEqual([3, []]);
});

test('when the trail takes a record never, then the log says that it is lost, and the next one arrives', async () => {
  answeringFirst(failing('INTERNAL'));
  await refused();
  await eventually(() =>
    expect(lost()).toMatchObject([{ 'labels.audit': 'access.refused', 'labels.record_id': expect.any(String) }]),
  );
  await refused();
  await eventually(() => expect(trail()).toHaveLength(1));
});

test('when a gateway stops while users-service is away, then what waits is tried once more', async () => {
  const accounts = fakeUsers([customer]);
  let away = true;
  const gateway = await startGateway({
    users: {
      ...accounts.methods,
      recordAuditBatch: async (request: users.RecordAuditBatchRequest) => {
        if (away) throw new DomainError('UNAVAILABLE');
        return accounts.methods.recordAuditBatch(request);
      },
    },
    env: { RATE_LIMIT_ENABLED: 'false' },
  });
  await untilReady(gateway);
  await ask(gateway.url, 'POST /auth/login', { body: { email: customer.email, password: 'a wrong password' } });
  away = false;
  await gateway.stop();
  expect(accounts.audit).toMatchObject([{ action: 'login.refused' }]);
});
