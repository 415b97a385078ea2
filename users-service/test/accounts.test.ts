import type { users } from '@shop/proto';
import { runWithContext } from '@shop/service-kit';
import { asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import { aRegistration, PASSWORD, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeAll(async () => {
  shop = await startTestApp();
});
afterAll(() => shop.close());

const register = (changes: Partial<users.RegisterUserRequest> = {}) => shop.users.registerUser(aRegistration(changes));
const verify = (email: string, password = PASSWORD) => shop.users.verifyCredentials({ email, password });
const eventsOf = (id: string) => shop.bus.published.filter(({ subject }) => subject === id);

/** The trail of one account, oldest first. */
async function auditOf(id: string): Promise<{ action: string; actor: string }[]> {
  return shop.database.query('SELECT action, actor FROM audit_records WHERE target = $1 ORDER BY at, action', [
    `user:${id}`,
  ]);
}

describe('registering', () => {
  test('when somebody registers, then they are a customer, and the trail and the others know', async () => {
    const user = await register({ email: '  Ann@Example.com ', name: 'Ann' });
    expect(user).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      email: 'Ann@Example.com',
      name: 'Ann',
      role: 'customer',
      disabled: false,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updatedAt: user.createdAt,
    });
    await eventually(() => expect(eventsOf(user.id)).toHaveLength(1));
    expect(eventsOf(user.id)[0]).toMatchObject({ type: 'user.registered', data: { userId: user.id } });
    expect(await auditOf(user.id)).toEqual([{ action: 'user.registered', actor: user.id }]);
  });

  test('when the gateway says where somebody is, then the trail has that, and in which request', async () => {
    const from = { requestId: 'registering', clientAddress: '2001:db8::7' };
    const { id } = await runWithContext(from, () => register());
    const { items } = await asAdmin(() =>
      shop.users.listAudit({ page: undefined, actor: id, action: '', from: '', to: '' }),
    );
    expect(items).toMatchObject([{ action: 'user.registered', ip: '2001:db8::7', requestId: 'registering' }]);
  });

  test('when the address is taken in another case, then EMAIL_TAKEN, and nothing is written', async () => {
    const { email } = await register();
    const count = async () => (await shop.database.query('SELECT count(*) FROM outbox'))[0].count;
    const before = await count();
    await expect(register({ email: email.toUpperCase() })).rejects.toMatchObject({ reason: 'EMAIL_TAKEN' });
    expect(await count()).toBe(before);
  });

  test('when ten register one address at once, then one gets it', async () => {
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => register({ email: 'race@example.com' })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { items } = await asAdmin(() => shop.users.listUsers({ page: undefined, search: 'race@example.com' }));
    expect(items).toHaveLength(1);
  });

  test.each([
    [{ password: 'short12' }, 'password'],
    [{ password: 'password123' }, 'password'],
    [{ password: 'é'.repeat(37) }, 'password'],
    [{ email: 'no address' }, 'email'],
    [{ email: 'erased-x@erased.invalid' }, 'email'],
    [{ name: 'a\0b' }, 'name'],
  ])('when it says %j, then VALIDATION_FAILED names the field', async (changes, field) => {
    const error = await register(changes).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'VALIDATION_FAILED', fields: [{ field }] });
  });

  test('when it is stored, then the password is only there as a hash', async () => {
    const { id } = await register();
    const [row] = await shop.database.query('SELECT * FROM users WHERE id = $1', [id]);
    expect(row.password_hash).toMatch(/^\$2b\$04\$/);
    expect(JSON.stringify(row)).not.toContain(PASSWORD);
  });
});

describe('signing in', () => {
  test('when the password is right, then the address counts in any case', async () => {
    const user = await register();
    expect(await verify(` ${user.email.toUpperCase()}`)).toEqual(user);
  });

  test('when the address is unknown, the password wrong, or the account disabled, then it is one answer', async () => {
    const user = await register();
    const disabled = await register();
    await asAdmin(() => shop.users.setUserAccess({ id: disabled.id, disabled: true }));
    const answers = await Promise.all(
      [verify('nobody@example.com'), verify(user.email, 'wrong horse battery'), verify(disabled.email)].map((answer) =>
        answer.catch(({ reason, message, detail }) => ({ reason, message, detail })),
      ),
    );
    expect(answers[0]).toMatchObject({ reason: 'INVALID_CREDENTIALS' });
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  });

  test('when the configured cost is another, then the hash is renewed and the account looks untouched', async () => {
    const user = await register();
    const { hash } = await import('bcrypt');
    await shop.database.query('UPDATE users SET password_hash = $2 WHERE id = $1', [user.id, await hash(PASSWORD, 5)]);
    expect(await verify(user.email)).toEqual(user);
    const hashNow = async () =>
      (await shop.database.query('SELECT password_hash FROM users WHERE id = $1', [user.id]))[0].password_hash;
    await eventually(async () => expect(await hashNow()).toMatch(/^\$2b\$04\$/));
    expect(await verify(user.email)).toEqual(user);
  });

  test.each(["' OR 1=1 --", 'a\0b', '%', 'x'.repeat(254)])(
    'when the address is %j, then nobody gets in',
    async (email) => {
      await expect(verify(email)).rejects.toMatchObject({
        reason: expect.stringMatching(/^(INVALID_CREDENTIALS|VALIDATION_FAILED)$/),
      });
    },
  );
});

describe('the own profile', () => {
  test('when the name changes, then no proof is needed, and the event ends no session', async () => {
    const { id } = await register();
    const changed = await asUser(id, () => shop.users.updateProfile({ id, name: ' New ' }));
    expect(changed.name).toBe('New');
    await eventually(() => expect(eventsOf(id)).toHaveLength(2));
    expect(eventsOf(id)[1]).toMatchObject({
      type: 'user.updated',
      data: { userId: id, passwordChanged: false, disabled: false },
    });
  });

  test.each([
    ['a missing proof', {}],
    ['a wrong proof', { currentPassword: 'wrong horse battery' }],
  ])('when the email or password changes with %s, then INVALID_CURRENT_PASSWORD', async (_what, proof) => {
    const user = await register();
    const change = (changes: object) =>
      asUser(user.id, () => shop.users.updateProfile({ id: user.id, ...changes, ...proof }));
    await expect(change({ email: 'other@example.com' })).rejects.toMatchObject({ reason: 'INVALID_CURRENT_PASSWORD' });
    await expect(change({ password: 'another horse' })).rejects.toMatchObject({ reason: 'INVALID_CURRENT_PASSWORD' });
    expect(await verify(user.email)).toEqual(user);
  });

  test('when the email stays the same, then no proof is needed and nothing is written', async () => {
    const user = await register();
    expect(await asUser(user.id, () => shop.users.updateProfile({ id: user.id, email: user.email }))).toEqual(user);
    expect(await auditOf(user.id)).toHaveLength(1);
  });

  test('when the password changes, then only the new one works, and the trail and the event say so', async () => {
    const { id, email } = await register();
    const change = { id, password: 'another horse battery', currentPassword: PASSWORD };
    await asUser(id, () => shop.users.updateProfile(change));
    await expect(verify(email)).rejects.toMatchObject({ reason: 'INVALID_CREDENTIALS' });
    expect((await verify(email, 'another horse battery')).id).toBe(id);
    expect((await auditOf(id)).map(({ action }) => action)).toEqual(['user.registered', 'user.password_changed']);
    await eventually(() => expect(eventsOf(id)[1]?.data).toMatchObject({ passwordChanged: true }));
  });

  test('when two change the password at once, then one of them does', async () => {
    const { id, email } = await register();
    const change = (password: string) =>
      asUser(id, () => shop.users.updateProfile({ id, password, currentPassword: PASSWORD }));
    const all = await Promise.allSettled([change('first new password'), change('second new password')]);
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = all[0]?.status === 'fulfilled' ? 'first new password' : 'second new password';
    expect((await verify(email, winner)).id).toBe(id);
  });

  test('when the new address is taken, then EMAIL_TAKEN', async () => {
    const [one, other] = [await register(), await register()];
    const change = { id: one.id, email: other.email.toUpperCase(), currentPassword: PASSWORD };
    await expect(asUser(one.id, () => shop.users.updateProfile(change))).rejects.toMatchObject({
      reason: 'EMAIL_TAKEN',
    });
  });
});
