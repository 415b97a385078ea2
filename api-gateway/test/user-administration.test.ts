import type { users } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import { aUser, PASSWORD } from './accounts';
import { ask, expectProblem } from './http';
import { admin, customer, openShop, type Shop } from './shop';

let shop: Shop;
let token: string;

beforeAll(async () => {
  shop = await openShop();
});
beforeEach(async () => {
  shop.reset();
  token = (await shop.signIn(customer.email)).accessToken;
});
afterAll(() => shop.close());

let changes = 0;
/** What users-service answers after a change, each later than the one before. */
const changing = (changed: Partial<users.User>) =>
  (shop.services.users.setUserAccess = jest.fn(async () => {
    changes += 1;
    return aUser({ ...changed, updatedAt: new Date(Date.now() + changes).toISOString() });
  }));
const patch = (body: object, id = customer.id) => shop.ask('admin', `PATCH /users/${id}`, { body });
const theirs = (what: string) => ask(shop.gateway.url, what, { token });

describe('looking at users', () => {
  test('when admins list or look at users, then they see what is public of them, and no more', async () => {
    const secretly = { ...customer, passwordHash: '$2b$12$…' };
    const list = (shop.services.users.listUsers = jest.fn(async () => ({
      items: [secretly],
      page: { nextCursor: '' },
    })));
    shop.services.users.getUser = jest.fn(async () => secretly);
    expect((await shop.ask('admin', 'GET /users?search=ada')).body).toEqual({ items: [customer], nextCursor: null });
    expect(list).toHaveBeenCalledWith(expect.objectContaining({ search: 'ada' }));
    const one = await shop.ask('admin', `GET /users/${customer.id}`);
    expect(one.body).toEqual(customer);
    expect(one.headers.get('cache-control')).toBe('no-store');
  });

  test('when there is no such user, or the id cannot be one, then 404', async () => {
    for (const id of ['user-9', 'a%20b', 'x'.repeat(65)]) {
      expectProblem(await shop.ask('admin', `GET /users/${id}`), 404, 'NOT_FOUND');
    }
  });
});

describe('changing access', () => {
  test('when a customer is made an admin and back, then their live session may more and less at once', async () => {
    shop.services.users.listUsers = jest.fn(async () => ({ items: [], page: { nextCursor: '' } }));
    expect((await theirs('GET /users')).status).toBe(403);
    const call = changing({ role: 'admin' });
    expect(await patch({ role: 'admin' })).toMatchObject({ status: 200, body: { role: 'admin' } });
    expect(call).toHaveBeenCalledWith({ id: customer.id, role: 'admin' });
    expect((await theirs('GET /users')).status).toBe(200);
    changing({ role: 'customer' });
    await patch({ role: 'customer' });
    expectProblem(await theirs('GET /users'), 403, 'FORBIDDEN');
  });

  test('when a user is shut out, then every session of theirs has ended when it is answered', async () => {
    const other = await shop.signIn(customer.email);
    changing({ disabled: true });
    expect(await patch({ disabled: true })).toMatchObject({ status: 200, body: { disabled: true } });
    expectProblem(await theirs('GET /auth/me'), 401, 'UNAUTHENTICATED');
    const refreshed = await ask(shop.gateway.url, 'POST /auth/refresh', { body: { refreshToken: other.refreshToken } });
    expectProblem(refreshed, 401, 'INVALID_REFRESH_TOKEN');
    changing({ disabled: false });
    await patch({ disabled: false });
    expect((await shop.signIn(customer.email)).accessToken).toEqual(expect.any(String));
  });

  test('when users-service refuses, then live sessions are as before', async () => {
    for (const code of ['NOT_FOUND', 'UNAVAILABLE'] as const) {
      shop.services.users.setUserAccess = jest.fn(() => Promise.reject(new DomainError(code)));
      expectProblem(await patch({ disabled: true }), code === 'NOT_FOUND' ? 404 : 503, code);
    }
    expect((await theirs('GET /auth/me')).status).toBe(200);
  });

  test('when users-service answers what was so already, then sessions that did not know learn it', async () => {
    changing({ role: 'customer', disabled: true });
    expect((await patch({ role: 'customer' })).status).toBe(200);
    expect((await theirs('GET /auth/me')).status).toBe(401);
  });

  test('when admins mean themselves, then 409, whatever they want, and nobody is asked', async () => {
    for (const body of [{ role: 'customer' }, { disabled: true }, { role: 'admin' }]) {
      expectProblem(await patch(body, admin.id), 409, 'CANNOT_CHANGE_SELF');
    }
    expectProblem(await shop.ask('admin', `DELETE /users/${admin.id}`), 409, 'CANNOT_CHANGE_SELF');
    expect((await shop.ask('admin', 'GET /auth/me')).status).toBe(200);
  });

  test.each<[object, string]>([
    [{}, 'role'],
    [{ role: 'root' }, 'role'],
    [{ role: null }, 'role'],
    [{ disabled: 'true' }, 'disabled'],
    [{ disabled: null }, 'disabled'],
    [{ role: 'admin', email: 'x@example.com' }, 'email'],
  ])('when %j is sent, then 400 names %s', async (body, field) => {
    const answer = await patch(body);
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.body.errors[0].field).toBe(field);
  });
});

describe('erasing a user', () => {
  test('when an admin erases a user, then 204 without a password, and their sessions have ended', async () => {
    const call = (shop.services.users.eraseUser = jest.fn(async () => ({})));
    expect(await shop.ask('admin', `DELETE /users/${customer.id}`)).toMatchObject({ status: 204, body: '' });
    expect(call).toHaveBeenCalledWith({ id: customer.id });
    expect((await theirs('GET /auth/me')).status).toBe(401);
    expect((await shop.ask('admin', 'GET /auth/me')).status).toBe(200);
  });

  test('when there is no such user, then 404', async () => {
    shop.services.users.eraseUser = jest.fn(() => Promise.reject(new DomainError('NOT_FOUND')));
    expectProblem(await shop.ask('admin', 'DELETE /users/user-9'), 404, 'NOT_FOUND');
  });
});

describe('the audit trail', () => {
  const record = {
    ...{ id: 'act-1', at: '2026-01-01T00:00:00.000Z', actor: admin.id, action: 'order.status_changed' },
    ...{ target: 'order:order-1', ip: '127.0.0.1', requestId: 'request-1', details: { status: 'shipped' } },
  };
  const listing = () =>
    (shop.services.users.listAudit = jest.fn(async () => ({ items: [record], page: { nextCursor: '' } })));

  test('when an admin reads it with all filters, then users-service is asked for just that', async () => {
    const call = listing();
    const what =
      'GET /audit?actor=user-2&action=login.refused&from=2026-01-01T00:00:00Z&to=2026-02-01T00:00:00%2B01:00';
    const answer = await shop.ask('admin', what);
    expect(answer.body).toEqual({ items: [record], nextCursor: null });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(call).toHaveBeenCalledWith({
      ...{ actor: 'user-2', action: 'login.refused' },
      ...{ from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00+01:00' },
      page: { limit: 20, cursor: '', page: 0 },
    });
  });

  test.each([
    ['from=yesterday', 'from'],
    ['from=2026-01-01', 'from'],
    ['to=2026-13-01T00:00:00Z', 'to'],
    ['to=2026-01-01T00:00:00', 'to'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-02T00:59:00%2B01:00', 'to'],
    ['actor=%00', 'actor'],
    ['action=', 'action'],
    ['target=x', 'target'],
  ])('when the query is %s, then 400 names %s', async (query, field) => {
    const answer = await shop.ask('admin', `GET /audit?${query}`);
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.body.errors).toMatchObject([{ field }]);
  });

  test('when somebody signs in, is refused and signs out, then the trail is told, never of the password', async () => {
    const { accessToken } = await shop.signIn(customer.email);
    const wrong = { email: customer.email, password: 'a wrong password' };
    await ask(shop.gateway.url, 'POST /auth/login', { body: wrong });
    await ask(shop.gateway.url, 'POST /auth/logout', { token: accessToken });
    const actions = shop.accounts.audit.map(({ action }) => action);
    expect(actions).toEqual(expect.arrayContaining(['session.opened', 'login.refused', 'session.ended']));
    expect(JSON.stringify([shop.accounts.audit, shop.gateway.logs])).not.toMatch(
      new RegExp(`${wrong.password}|${PASSWORD}|${accessToken}`),
    );
  });
});
