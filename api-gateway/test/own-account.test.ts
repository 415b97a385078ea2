import type { orders, users } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import { aUser, PASSWORD } from './accounts';
import { anOrder } from './builders';
import { ask, expectProblem } from './http';
import { customer, openShop, type Shop } from './shop';

let shop: Shop;
/** Three places where the same customer is signed in. */
let here: { accessToken: string; refreshToken: string };
let there: { accessToken: string; refreshToken: string };
let elsewhere: { accessToken: string };

beforeAll(async () => {
  shop = await openShop({ RATE_LIMIT_GLOBAL: 'off', RATE_LIMIT_LOGIN: 'off', RATE_LIMIT_REFRESH: 'off' });
});
beforeEach(async () => {
  shop.reset();
  [here, there, elsewhere] = [await signIn(), await signIn(), await shop.signIn('root@example.com')];
});
afterAll(() => shop.close());

const signIn = () => shop.signIn(customer.email);
const mine = (what: string, body?: object) => ask(shop.gateway.url, what, { token: here.accessToken, body });
const isSignedIn = async ({ accessToken }: { accessToken: string }) =>
  (await ask(shop.gateway.url, 'GET /auth/me', { token: accessToken })).status === 200;
const refresh = (refreshToken: string) => ask(shop.gateway.url, 'POST /auth/refresh', { body: { refreshToken } });

describe('PUT /users/me', () => {
  const changed = (answer: Partial<users.User> = {}) =>
    (shop.services.users.updateProfile = jest.fn(async () => aUser(answer)));
  const refused = (code: 'INVALID_CURRENT_PASSWORD' | 'EMAIL_TAKEN' | 'VALIDATION_FAILED') =>
    (shop.services.users.updateProfile = jest.fn(() => Promise.reject(new DomainError(code))));

  test.each<[object, Partial<users.User>]>([
    [{ name: 'Ada L.' }, { name: 'Ada L.' }],
    [{ email: 'ada@new.example', currentPassword: PASSWORD }, { email: 'ada@new.example' }],
    [{}, {}],
  ])('when %j is sent, then just that is changed, and nobody is signed out', async (body, answer) => {
    const call = changed(answer);
    expect(await mine('PUT /users/me', body)).toMatchObject({ status: 200, body: aUser(answer) });
    expect(call).toHaveBeenCalledWith({ ...body, id: customer.id });
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, true]);
  });

  test('when the password is new, then all other sessions have ended when it is answered, and this one lives on', async () => {
    changed();
    const body = { password: 'a new and longer secret', currentPassword: PASSWORD };
    expect((await mine('PUT /users/me', body)).status).toBe(200);
    expect([await isSignedIn(here), await isSignedIn(there), await isSignedIn(elsewhere)]).toEqual([true, false, true]);
    expectProblem(await refresh(there.refreshToken), 401, 'INVALID_REFRESH_TOKEN');
    expect((await refresh(here.refreshToken)).status).toBe(200);
  });

  test('when the event about a new password comes before the answer, then this session lives on all the same', async () => {
    shop.services.users.updateProfile = jest.fn(async () => {
      await shop.gateway.bus.deliver({
        ...{ id: 'event-1', type: 'user.updated', subject: customer.id, requestId: 'my-request-1' },
        time: new Date(Date.now() + 1000).toISOString(),
        data: { userId: customer.id, passwordChanged: true, disabled: false },
      });
      return customer;
    });
    const body = { password: 'a new and longer secret', currentPassword: PASSWORD };
    const headers = { 'x-request-id': 'my-request-1' };
    await ask(shop.gateway.url, 'PUT /users/me', { token: here.accessToken, body, headers });
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, false]);
  });

  test.each([
    ['INVALID_CURRENT_PASSWORD', 403],
    ['EMAIL_TAKEN', 409],
    ['VALIDATION_FAILED', 400],
  ] as const)('when users-service says %s, then %i, and nobody is signed out', async (code, status) => {
    refused(code);
    const body = { email: 'b@example.com', password: 'a new and longer secret', currentPassword: 'wrong' };
    expectProblem(await mine('PUT /users/me', body), status, code);
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, true]);
  });

  test.each(['name', 'email', 'password', 'currentPassword'])(
    'when %s is null or a number, then 400',
    async (field) => {
      for (const value of [null, 1, '']) {
        const { status, body } = await mine('PUT /users/me', { [field]: value });
        expect([value, status, body.errors?.[0].field]).toEqual([value, 400, field]);
      }
    },
  );

  test('when the account has been erased meanwhile, then 404', async () => {
    shop.services.users.getUser = jest.fn(() => Promise.reject(new DomainError('NOT_FOUND')));
    expectProblem(await mine('GET /users/me'), 404, 'NOT_FOUND');
  });
});

describe('GET /users/me/export', () => {
  const anAct = (n: number) => ({
    ...{ id: `act-${n}`, at: '2026-01-01T00:00:00.000Z', actor: customer.id, action: 'session.opened' },
    ...{ target: `user:${customer.id}`, ip: '127.0.0.1', requestId: 'request-1', details: {} },
  });
  /** Of as many pages as there are items. */
  const pages = <T>(items: T[]) =>
    jest.fn(async ({ page }: { page: { cursor: string } }) => {
      const at = Number(page.cursor || 0);
      return { items: items.slice(at, at + 1), page: { nextCursor: at + 1 < items.length ? String(at + 1) : '' } };
    });

  test('when there is more than a page, then all of it is there: account, sessions, orders and acts', async () => {
    const list = pages<orders.Order>([anOrder({ id: 'order-1' }), anOrder({ id: 'order-2' })]);
    const trail = pages([anAct(1), anAct(2), anAct(3)]);
    Object.assign(shop.services.orders, { listOrders: list });
    Object.assign(shop.services.users, { listAudit: trail });
    const { status, body, headers } = await mine('GET /users/me/export');
    expect([status, body.complete, body.user]).toEqual([200, true, customer]);
    expect(body.orders.map(({ id }: { id: string }) => id)).toEqual(['order-1', 'order-2']);
    expect(body.audit).toEqual([anAct(1), anAct(2), anAct(3)]);
    expect(body.sessions.filter(({ current }: { current: boolean }) => current)).toHaveLength(1);
    expect(body.sessions.length).toBeGreaterThan(1);
    expect(Date.parse(body.exportedAt)).toBeGreaterThan(0);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(list).toHaveBeenCalledWith(expect.objectContaining({ userId: customer.id }));
    expect(trail).toHaveBeenCalledWith(expect.objectContaining({ actor: customer.id }));
  });

  test('when there is more than fits, then it says that it is not complete', async () => {
    shop.services.orders.listOrders = jest.fn(async () => ({ items: [anOrder()], page: { nextCursor: 'more' } }));
    shop.services.users.listAudit = pages([anAct(1)]);
    const { body } = await mine('GET /users/me/export');
    expect([body.complete, body.orders.length, body.audit.length]).toEqual([false, 20, 1]);
  });

  test('when one of the services is away, then 503: half of it would look like all of it', async () => {
    shop.services.orders.listOrders = jest.fn(() => Promise.reject(new DomainError('UNAVAILABLE')));
    shop.services.users.listAudit = pages([anAct(1)]);
    expectProblem(await mine('GET /users/me/export'), 503, 'UNAVAILABLE');
  });
});

describe('DELETE /users/me', () => {
  test('when the password is right, then 204, and every session of the user has ended', async () => {
    const call = (shop.services.users.eraseUser = jest.fn(async () => ({})));
    const answer = await mine('DELETE /users/me', { currentPassword: PASSWORD });
    expect(answer).toMatchObject({ status: 204, body: '' });
    expect(answer.headers.has('clear-site-data')).toBe(true);
    expect(call).toHaveBeenCalledWith({ id: customer.id, currentPassword: PASSWORD });
    expect([await isSignedIn(here), await isSignedIn(there), await isSignedIn(elsewhere)]).toEqual([
      false,
      false,
      true,
    ]);
    expectProblem(await refresh(there.refreshToken), 401, 'INVALID_REFRESH_TOKEN');
  });

  test('when the password is wrong or missing, then 403 or 400, and nobody is signed out', async () => {
    shop.services.users.eraseUser = jest.fn(() => Promise.reject(new DomainError('INVALID_CURRENT_PASSWORD')));
    const answer = await mine('DELETE /users/me', { currentPassword: 'wrong' });
    expectProblem(answer, 403, 'INVALID_CURRENT_PASSWORD');
    expect(answer.headers.has('clear-site-data')).toBe(false);
    expectProblem(await mine('DELETE /users/me', {}), 400, 'VALIDATION_FAILED');
    expectProblem(await mine('DELETE /users/me'), 400, 'VALIDATION_FAILED');
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, true]);
  });
});

describe('guessing the current password with a session that was stolen', () => {
  test('when it was wrong ten times, then nobody may try again, the right one included', async () => {
    const wrong = jest.fn(() => Promise.reject(new DomainError('INVALID_CURRENT_PASSWORD')));
    Object.assign(shop.services.users, { updateProfile: wrong, eraseUser: wrong });
    // Nobody has guessed here before.
    const theirs = (what: string, body: object) => ask(shop.gateway.url, what, { token: elsewhere.accessToken, body });
    const guess = { password: 'a new and longer secret', currentPassword: 'wrong' };
    for (let n = 0; n < 5; n++) {
      expectProblem(await theirs('PUT /users/me', guess), 403, 'INVALID_CURRENT_PASSWORD');
      expectProblem(await theirs('DELETE /users/me', { currentPassword: 'wrong' }), 403, 'INVALID_CURRENT_PASSWORD');
    }
    const call = (shop.services.users.updateProfile = jest.fn(async () => aUser()));
    expectProblem(await theirs('PUT /users/me', { ...guess, currentPassword: PASSWORD }), 429, 'RATE_LIMITED');
    expect(call).not.toHaveBeenCalled();
    expect((await theirs('PUT /users/me', { name: 'Ada L.' })).status).toBe(200);
  });
});
