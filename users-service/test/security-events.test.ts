import { randomUUID } from 'node:crypto';
import { Logger, SECURITY_EVENTS } from '@shop/service-kit';
import { AN_ADMIN, asAdmin, asUser } from '@shop/service-kit/testing';
import { anAuditRecord, aRegistration, PASSWORD, startTestApp, type TestApp } from './support';

let shop: TestApp;
let said: jest.SpyInstance<void, Parameters<Logger['security']>>;

beforeAll(async () => {
  shop = await startTestApp();
  said = jest.spyOn(shop.app.get(Logger), 'security');
});
beforeEach(() => said.mockClear());
afterAll(() => shop.close());

const eventsSaid = () => said.mock.calls;
const detailsOf = async (id: string) =>
  (
    await shop.database.query('SELECT action, details FROM audit_records WHERE target = $1 ORDER BY sequence', [
      `user:${id}`,
    ])
  ).map(({ action, details }: { action: string; details: object }) => [action, details]);

test('when an account lives, then the log and the trail tell what was done to it, by whom, and what it was before', async () => {
  const { id } = await shop.users.registerUser(aRegistration());
  const me = (changes: object) => asUser(id, () => shop.users.updateProfile({ id, ...changes }));
  const access = (changes: object) => asAdmin(() => shop.users.setUserAccess({ id, ...changes }));
  await me({ name: 'Another Name' });
  await me({ name: 'Third Name', email: `third-${id}@example.com`, currentPassword: PASSWORD });
  await me({ password: 'another horse battery', currentPassword: PASSWORD });
  await access({ role: 'admin', disabled: true });
  await access({ role: 'customer', disabled: false });
  await asAdmin(() => shop.users.eraseUser({ id }));
  const [byUser, byAdmin] = [id, AN_ADMIN].map((actor) => ({ account: id, actor }));
  expect(eventsSaid()).toEqual([
    ['account_registered', byUser],
    ['email_changed', { ...byUser, changed: 'email, name' }],
    ['password_changed', byUser],
    ['role_changed', { ...byAdmin, from: 'customer', to: 'admin' }],
    ['account_disabled', byAdmin],
    ['role_changed', { ...byAdmin, from: 'admin', to: 'customer' }],
    ['account_enabled', byAdmin],
    ['account_erased', byAdmin],
  ]);
  expect(await detailsOf(id)).toEqual([
    ['user.registered', {}],
    ['user.profile_changed', { changed: 'name' }],
    ['user.profile_changed', { changed: 'email, name' }],
    ['user.password_changed', {}],
    ['user.role_changed', { from: 'customer', to: 'admin' }],
    ['user.disabled', {}],
    ['user.role_changed', { from: 'admin', to: 'customer' }],
    ['user.enabled', {}],
    ['user.erased', {}],
  ]);
});

test('when a change is refused, then nothing says that it was made', async () => {
  const [one, other] = [await shop.users.registerUser(aRegistration()), await shop.users.registerUser(aRegistration())];
  said.mockClear();
  const change = { id: other.id, email: one.email, currentPassword: PASSWORD };
  await expect(asUser(other.id, () => shop.users.updateProfile(change))).rejects.toMatchObject({
    reason: 'EMAIL_TAKEN',
  });
  expect(eventsSaid()).toEqual([]);
  expect(await detailsOf(other.id)).toEqual([['user.registered', {}]]);
});

test('when an operator handles a dead letter, then the log says so', async () => {
  const target = `message:${randomUUID()}`;
  for (const action of ['dead_letter.replayed', 'dead_letter.dropped'])
    await shop.clientOf('operator').recordAudit({ record: anAuditRecord({ actor: 'operator', action, target }) });
  expect(eventsSaid()).toEqual([
    ['dead_letter_replayed', { actor: 'operator', target }],
    ['dead_letter_dropped', { actor: 'operator', target }],
  ]);
});

test('when metrics are read, then every security event is there from the start, and what happened is counted', async () => {
  const countOf = async (event: string) => {
    const metrics = await (await fetch(`${shop.http}/metrics`)).text();
    const [, count] = new RegExp(`^security_events_total\\{event="${event}"\\} (\\d+)$`, 'm').exec(metrics) ?? [];
    return count === undefined ? undefined : Number(count);
  };
  for (const event of Object.keys(SECURITY_EVENTS))
    expect([event, await countOf(event)]).toEqual([event, expect.any(Number)]);
  const before = (await countOf('credentials_refused')) ?? 0;
  await shop.users.verifyCredentials({ email: 'nobody@example.com', password: PASSWORD }).catch(() => undefined);
  expect(await countOf('credentials_refused')).toBe(before + 1);
});
