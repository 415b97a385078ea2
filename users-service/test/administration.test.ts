import { randomUUID } from 'node:crypto';
import type { types, users } from '@shop/proto';
import { encodeCursor } from '@shop/service-kit';
import { asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import { aRegistration, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeAll(async () => {
  shop = await startTestApp();
});
afterAll(() => shop.close());

const register = (changes: Partial<users.RegisterUserRequest> = {}) => shop.users.registerUser(aRegistration(changes));
const page = (changes: Partial<types.PageRequest> = {}) => ({ limit: 0, cursor: '', page: 0, ...changes });
const list = (search = '', changes: Partial<types.PageRequest> = {}) =>
  asAdmin(() => shop.users.listUsers({ page: page(changes), search }));
const actionsOf = async (id: string): Promise<string[]> =>
  (
    await shop.database.query('SELECT action FROM audit_records WHERE target = $1 ORDER BY at, action', [`user:${id}`])
  ).map(({ action }: { action: string }) => action);

describe('who may', () => {
  const others: [string, (id: string) => Promise<unknown>][] = [
    ['see', (id) => shop.users.getUser({ id })],
    ['change', (id) => shop.users.updateProfile({ id, name: 'Mallory' })],
    ['erase', (id) => shop.users.eraseUser({ id })],
  ];

  test.each(others)(
    "when a customer wants to %s somebody else's account, then it is as if unknown",
    async (_what, call) => {
      const [victim, other] = [await register(), await register()];
      const known = asUser(other.id, () => call(victim.id));
      await expect(known).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(asUser(other.id, () => call(randomUUID()))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
      await expect(call(victim.id)).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
      expect(await asUser(victim.id, () => shop.users.getUser({ id: victim.id }))).toEqual(victim);
    },
  );

  test.each<[string, () => Promise<unknown>]>([
    ['the list of users', () => shop.users.listUsers({ page: undefined, search: '' })],
    ['the trail', () => shop.users.listAudit({ page: undefined, actor: '', action: '', from: '', to: '' })],
    ['access', () => shop.users.setUserAccess({ id: randomUUID(), role: 'admin' })],
  ])('when a customer asks for %s, then FORBIDDEN', async (_what, call) => {
    await expect(asUser(randomUUID(), call)).rejects.toMatchObject({ reason: 'FORBIDDEN' });
    await expect(call()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
  });

  test.each(['', 'x', '1; DROP TABLE users', '\0', '%'])('when an id is %j, then NOT_FOUND', async (id) => {
    await expect(asAdmin(() => shop.users.getUser({ id }))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });

  test('when an admin looks at an account, then it is shown', async () => {
    const user = await register();
    expect(await asAdmin(() => shop.users.getUser({ id: user.id }))).toEqual(user);
  });
});

describe('access', () => {
  test('when an admin changes role and disabled, then trail and events tell both', async () => {
    const { id } = await register();
    const changed = await asAdmin(() => shop.users.setUserAccess({ id, role: 'admin', disabled: true }));
    expect(changed).toMatchObject({ role: 'admin', disabled: true });
    expect((await actionsOf(id)).sort()).toEqual(['user.disabled', 'user.registered', 'user.role_changed']);
    const events = () => shop.bus.published.filter(({ subject }) => subject === id);
    await eventually(() => expect(events()).toHaveLength(3));
    expect(events().slice(1)).toMatchObject([
      { type: 'user.role_changed', data: { userId: id, role: 'admin' } },
      { type: 'user.updated', data: { userId: id, passwordChanged: false, disabled: true } },
    ]);
  });

  test('when nothing changes, then nothing is written', async () => {
    const user = await register();
    expect(await asAdmin(() => shop.users.setUserAccess({ id: user.id, disabled: false }))).toEqual(user);
    expect(await actionsOf(user.id)).toEqual(['user.registered']);
  });

  test.each<[string, (id: string) => string, string]>([
    ['their id', (id) => id, 'CANNOT_CHANGE_SELF'],
    ['their id in upper case', (id) => id.toUpperCase(), 'NOT_FOUND'],
  ])('when admins change themselves by %s, then it is refused', async (_what, spell, reason) => {
    const { id } = await register();
    await asAdmin(() => shop.users.setUserAccess({ id, role: 'admin' }));
    const change = () => shop.users.setUserAccess({ id: spell(id), disabled: true });
    await expect(asAdmin(change, id)).rejects.toMatchObject({ reason });
    expect(await actionsOf(id)).toEqual(['user.registered', 'user.role_changed']);
  });

  test('when two admins demote each other at once, then one stays', async () => {
    const [one, other] = [await register(), await register()];
    for (const { id } of [one, other]) await asAdmin(() => shop.users.setUserAccess({ id, role: 'admin' }));
    const demote = (id: string, by: string) =>
      asAdmin(() => shop.users.setUserAccess({ id, role: 'customer' }), by).catch(({ reason }) => reason as string);
    const results = await Promise.all([demote(one.id, other.id), demote(other.id, one.id)]);
    expect(results.filter((result) => result === 'FORBIDDEN')).toHaveLength(1);
  });

  test.each([{ role: 'root' }, { role: '' }])('when the role is %j, then VALIDATION_FAILED', async (changes) => {
    const change = asAdmin(() => shop.users.setUserAccess({ id: randomUUID(), ...changes }));
    await expect(change).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
  });
});

describe('lists', () => {
  test('when somebody registers between two pages, then every earlier user is shown once', async () => {
    const family = [];
    for (let i = 0; i < 5; i++) family.push(await register({ name: `Zyx ${i}` }));
    const first = await list('zyx', { limit: 2 });
    await register({ name: 'Zyx late' });
    const second = await list('zyx', { limit: 2, cursor: first.page?.nextCursor });
    const third = await list('zyx', { limit: 2, cursor: second.page?.nextCursor });
    const shown = [first, second, third].flatMap(({ items }) => items.map(({ id }) => id));
    expect(shown).toEqual(family.map(({ id }) => id).reverse());
    expect(third.page?.nextCursor).toBe('');
    expect(first.page?.total).toBeUndefined();
  });

  test('when pages are asked for by number, then the total is there', async () => {
    for (let i = 0; i < 3; i++) await register({ name: `Numbered ${i}` });
    const second = await list('numbered', { limit: 2, page: 2 });
    expect(second.items.map(({ name }) => name)).toEqual(['Numbered 0']);
    expect(second.page?.total).toBe(3);
  });

  test.each([
    ['sear', true],
    ['SEARCH@', true],
    ['Jean', true],
    ['luc', true],
    ['jean pic', true],
    ['luc jean', true],
    ['uc', false],
    ['earch@', false],
    ['search@example.org', false],
    ['%', false],
    ['_earch', false],
    ["o'b", true],
    ["o''b", false],
    ['back\\sl', true],
    ['back\\', true],
    ['back\\\\', false],
    [':*', false],
    ["') OR true --", false],
    ['a & b | !c', false],
    ['   ', true],
  ])('when the search is %j, then a match is %s', async (search, expected) => {
    await searched();
    const { items } = await list(search, { limit: 100 });
    expect(items.some(({ email }) => email === 'search@example.com')).toBe(expected);
  });

  let made: Promise<users.User> | undefined;
  const searched = () =>
    (made ??= register({ email: 'search@example.com', name: "Jean  Luc Picard O'Brien back\\slash" }));

  test.each([
    'garbage',
    encodeCursor(['x']),
    encodeCursor(['not a time', randomUUID()]),
    encodeCursor([new Date().toISOString(), 'no id']),
    encodeCursor(['1', '2', '3']),
  ])('when the cursor is %s, then VALIDATION_FAILED', async (cursor) => {
    const trail = { page: page({ cursor }), actor: '', action: '', from: '', to: '' };
    await expect(list('', { cursor })).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
    await expect(asAdmin(() => shop.users.listAudit(trail))).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
  });
});
