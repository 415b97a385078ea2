import { randomUUID } from 'node:crypto';
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
const verify = (email: string) => shop.users.verifyCredentials({ email, password: PASSWORD });
const eventsOf = (id: string) => shop.bus.published.filter(({ subject }) => subject === id);

describe('erasing', () => {
  test('when users erase themselves, then nothing personal is left and the account is gone', async () => {
    const { id, email, name } = await register({ name: 'Erika Gone' });
    const record = { at: new Date().toISOString(), actor: id, action: 'session.opened' };
    const told = () =>
      shop.users.recordAudit({
        record: { ...record, id: randomUUID(), target: '', ip: '192.0.2.7', requestId: 'r', details: {} },
      });
    await told();
    await runWithContext({ requestId: 'erasing', user: { id, role: 'customer' }, clientAddress: '192.0.2.7' }, () =>
      shop.users.eraseUser({ id, currentPassword: PASSWORD }),
    );
    // The gateway may tell late.
    await told();

    const [row] = await shop.database.query('SELECT * FROM users WHERE id = $1', [id]);
    const nothing = { email_sealed: null, email_index: null, email_tokens: null, name_sealed: null, name_tokens: null };
    expect(row).toMatchObject({ ...nothing, password_hash: '!', disabled: true });
    const [{ sealed }] = await shop.database.query(
      `SELECT count(*)::int AS sealed FROM audit_records WHERE ip_sealed <> ''`,
    );
    expect(sealed).toBe(0);
    const dump = JSON.stringify(await shop.database.query('SELECT a.*, o.* FROM audit_records a, outbox o'));
    for (const personal of [email, name, '192.0.2.7']) expect(dump).not.toContain(personal);
    await expect(asUser(id, () => shop.users.getUser({ id }))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await expect(verify(email)).rejects.toMatchObject({ reason: 'INVALID_CREDENTIALS' });
    const { items } = await asAdmin(() => shop.users.listUsers({ page: undefined, search: 'erased' }));
    expect(items).toEqual([]);
    await eventually(() => expect(eventsOf(id)[1]).toMatchObject({ type: 'user.erased', data: { userId: id } }));
    expect((await register({ email })).id).not.toBe(id);
  });

  test.each([undefined, 'wrong horse battery'])(
    'when the proof is %s, then nothing is erased',
    async (currentPassword) => {
      const user = await register();
      const erase = asUser(user.id, () => shop.users.eraseUser({ id: user.id, currentPassword }));
      await expect(erase).rejects.toMatchObject({ reason: 'INVALID_CURRENT_PASSWORD' });
      expect(await verify(user.email)).toEqual(user);
    },
  );

  test('when an admin erases somebody, then no password is needed, and once is enough', async () => {
    const { id } = await register();
    await asAdmin(() => shop.users.eraseUser({ id }));
    await expect(asAdmin(() => shop.users.eraseUser({ id }))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    const trail = await shop.database.query('SELECT action FROM audit_records WHERE target = $1 ORDER BY at', [
      `user:${id}`,
    ]);
    expect(trail).toEqual([{ action: 'user.registered' }, { action: 'user.erased' }]);
  });
});
