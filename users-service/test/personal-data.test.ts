import { randomUUID } from 'node:crypto';
import { Logger } from '@shop/service-kit';
import { aKeyRing, asAdmin, asUser, dumpOf, filesOf } from '@shop/service-kit/testing';
import { aRegistration, PASSWORD, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeEach(async () => {
  shop = await startTestApp();
});
afterEach(() => shop.close());

const who = { email: 'Sealed.Person@example.com', name: 'Zenobia Vandersteen' };
const SECRETS = ['Sealed.Person', 'sealed.person', 'Zenobia', 'zenobia', 'Vandersteen', '192.0.2.44'];
const verify = (email: string, at = shop.users) => at.verifyCredentials({ email, password: PASSWORD });
const see = (id: string, at = shop.users) => asAdmin(() => at.getUser({ id }));
const record = (actor: string) => ({
  ...{ id: randomUUID(), at: new Date().toISOString(), actor, action: 'session.opened', target: '' },
  ...{ ip: '192.0.2.44', requestId: 'r', details: {} },
});
const trailOf = (actor: string, at = shop.users) =>
  asAdmin(() => at.listAudit({ page: undefined, actor, action: 'session.opened', from: '', to: '' }));

test('when somebody is in the database, then nothing there says who, but the service does', async () => {
  const { id } = await shop.users.registerUser(aRegistration({ email: 'first@example.com', name: 'First' }));
  const change = { ...who, id, currentPassword: PASSWORD };
  await asUser(id, () => shop.users.updateProfile(change));
  await shop.users.recordAudit({ record: record(id) });
  const kept = `${await dumpOf(shop.database)}${await filesOf(shop.database, 'users')}`;
  expect(kept.includes(id)).toBe(true);
  expect(SECRETS.filter((secret) => kept.includes(secret))).toEqual([]);
  expect(await see(id)).toMatchObject(who);
  expect(await verify(who.email.toUpperCase())).toMatchObject(who);
  expect((await trailOf(id)).items).toMatchObject([{ ip: '192.0.2.44' }]);
});

test('when two have the same name, then no two sealed values are the same', async () => {
  const [one, other] = [aRegistration({ name: 'Same Name' }), aRegistration({ name: 'Same Name' })];
  await shop.users.registerUser(one);
  await shop.users.registerUser(other);
  expect((await shop.database.query('SELECT DISTINCT name_sealed FROM users')).length).toBe(2);
});

describe('what was moved or made by other keys', () => {
  const failures = (at: Pick<TestApp, 'app'> = shop) => {
    const error = jest.spyOn(at.app.get(Logger), 'error');
    return () => error.mock.calls.map(([fields]) => (fields as { err: Error }).err.message);
  };
  const internal = { reason: 'INTERNAL', detail: undefined };

  test.each([
    ['email_sealed', 'email_sealed'],
    ['email_sealed', 'name_sealed'],
    ['name_sealed', 'email_sealed'],
  ])(
    'when %s of one account is put into %s of another, then it is not shown, and the log says so',
    async (from, to) => {
      const [one, other] = [
        await shop.users.registerUser(aRegistration()),
        await shop.users.registerUser(aRegistration()),
      ];
      await shop.database.query(`UPDATE users SET ${to} = (SELECT ${from} FROM users WHERE id = $1) WHERE id = $2`, [
        one.id,
        other.id,
      ]);
      const said = failures();
      await expect(see(other.id)).rejects.toMatchObject(internal);
      expect(said()).toEqual([`users.${to} of ${other.id} cannot be opened: it was moved here from another place`]);
      expect(await see(one.id)).toEqual(one);
    },
  );

  test('when an index points to another account, then nobody gets in by it', async () => {
    const [victim, thief] = [aRegistration(), aRegistration()];
    const { id } = await shop.users.registerUser(victim);
    const other = await shop.users.registerUser(thief);
    await shop.database.query(`UPDATE users SET email_index = sha256('x') WHERE id = $1`, [id]);
    await shop.database.query(`UPDATE users SET email_index = $2 WHERE id = $1`, [other.id, Buffer.alloc(32, 7)]);
    await expect(see(other.id)).rejects.toMatchObject(internal);
  });

  test.each([
    ['another key of the same name', { FIELD_KEY: aKeyRing('k1') }, 'the key named "k1" is another one'],
    ['a key of another name', { FIELD_KEY: aKeyRing('k9') }, 'no key named "k1"'],
    ['another key for its indexes', { BLIND_INDEX_KEY: aKeyRing('b1') }, 'another BLIND_INDEX_KEY'],
  ])('when the service has %s, then it answers nothing rather than rubbish', async (_what, keys, reason) => {
    const user = await shop.users.registerUser(aRegistration());
    const stranger = await shop.startReplica(keys);
    const said = failures(stranger);
    const count = () => shop.database.query('SELECT count(*) FROM users');
    const before = await count();
    await expect(see(user.id, stranger.users)).rejects.toMatchObject(internal);
    await expect(verify(user.email, stranger.users)).rejects.toMatchObject(internal);
    await expect(verify('nobody@example.com', stranger.users)).rejects.toMatchObject(internal);
    await expect(stranger.users.registerUser(aRegistration({ email: user.email }))).rejects.toMatchObject(internal);
    expect(await count()).toEqual(before);
    expect(said()).toHaveLength(4);
    for (const line of said()) expect(line).toContain(reason);
    expect(said().join()).not.toContain(user.email);
    expect(await verify(user.email)).toEqual(user);
  });
});
