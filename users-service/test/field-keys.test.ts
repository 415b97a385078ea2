import type { users } from '@shop/proto';
import { migrate, withDatabase } from '@shop/service-kit';
import { aKeyRing, asAdmin, asUser, createScratchDatabase, dumpOf, filesOf } from '@shop/service-kit/testing';
import type { DataSource } from 'typeorm';
import { verifyTrail } from '../src/audit/verify-trail';
import { usersDatabase } from '../src/database';
import { CreateUsers1700000000000 } from '../src/migrations/1700000000000-create-users';
import { PersonalData } from '../src/personal-data/personal-data';
import { rotateFieldKeys } from '../src/rotate-field-keys';
import { UsersRepository } from '../src/users/users.repository';
import { anAuditRecord, aRegistration, FIELD_KEYS, PASSWORD, startTestApp, type TestApp } from './support';

describe('a database from before there were field keys', () => {
  const before = (settings: { DATABASE_URL: string; DATABASE_POOL_SIZE: number }): DataSource => {
    const database = usersDatabase({ ...settings, ...FIELD_KEYS });
    database.setOptions({ migrations: [CreateUsers1700000000000] });
    return database;
  };

  test('when it is migrated, then its people are sealed and found, and no file has their names', async () => {
    const { url, database, drop } = await createScratchDatabase('users', before);
    try {
      await database.query(`INSERT INTO users (email, name, password_hash)
        SELECT 'Plain-' || n || '@example.com', 'Plainname ' || n, '!' FROM generate_series(1, 1109) n`);
      await database.query(`INSERT INTO users (email, name, password_hash, erased_at)
        VALUES ('erased-x@erased.invalid', '', '!', now())`);
      await database.query(`INSERT INTO audit_records SELECT gen_random_uuid(), now(), 'somebody', 'a', '', '192.0.2.55', '', '{}'
        FROM generate_series(1, 600)`);
      const settings = { DATABASE_URL: url, DATABASE_POOL_SIZE: 2, ...FIELD_KEYS };
      const run = () => withDatabase(usersDatabase(settings), migrate);
      expect([await run(), await run()]).toEqual([2, 0]);

      const kept = `${await dumpOf(database)}${await filesOf(database, 'users')}${await filesOf(database, 'audit_records')}`;
      const secrets = ['Plain-', 'plain-', 'Plainname', 'plainname', '192.0.2.55'];
      expect(secrets.filter((secret) => kept.includes(secret))).toEqual([]);
      const repository = new UsersRepository(database, new PersonalData(FIELD_KEYS));
      expect(await repository.findByEmail('plain-777@EXAMPLE.com')).toMatchObject({
        email: 'Plain-777@example.com',
        name: 'Plainname 777',
      });
      expect((await repository.list({ limit: 20, page: 1 }, 'plainname 110')).total).toBe(11);
      expect(await repository.findByEmail('erased-x@erased.invalid')).toBeUndefined();
    } finally {
      await drop();
    }
  });

  test('when a row cannot be sealed, then the migration has changed nothing', async () => {
    const { url, database, drop } = await createScratchDatabase('users', before);
    try {
      await database.query(`INSERT INTO users (email, name, password_hash) VALUES ('a@example.com', 'A', '!')`);
      const broken = new Map();
      const settings = { DATABASE_URL: url, DATABASE_POOL_SIZE: 2, FIELD_KEY: broken };
      const run = withDatabase(usersDatabase({ ...settings, BLIND_INDEX_KEY: FIELD_KEYS.BLIND_INDEX_KEY }), migrate);
      await expect(run).rejects.toThrow('without a key');
      expect(await database.query('SELECT email, name FROM users')).toEqual([{ email: 'a@example.com', name: 'A' }]);
    } finally {
      await drop();
    }
  });
});

describe('changing the keys', () => {
  let shop: TestApp;
  beforeEach(async () => {
    shop = await startTestApp();
  });
  afterEach(() => shop.close());

  const fresh = aKeyRing('k2');
  const rotate = (keys: Partial<typeof FIELD_KEYS>) =>
    rotateFieldKeys(shop.database, new PersonalData({ ...FIELD_KEYS, ...keys }));

  test('when rows are sealed anew while they are read and written, then nobody notices, and the old key can go', async () => {
    const people: users.User[] = [];
    for (let n = 0; n < 60; n++) people.push(await shop.users.registerUser(aRegistration()));
    await shop.users.recordAudit({ record: anAuditRecord() });
    const both = { FIELD_KEY: new Map([...fresh, ...FIELD_KEYS.FIELD_KEY]) };
    const running = await shop.startReplica(both);
    let done = false;
    const readers = people.slice(0, 4).map(async (person, n) => {
      const { id, name } = person;
      for (let turn = 0; !done; turn++) {
        const changed = `${name} ${turn}`;
        await asUser(id, () => running.users.updateProfile({ id, name: changed }));
        expect(await asUser(id, () => running.users.getUser({ id }))).toMatchObject({ name: changed });
        const { items } = await asAdmin(() => running.users.listUsers({ page: undefined, search: '' }));
        expect(items).toHaveLength(20);
        people[n] = { ...person, name: changed };
      }
    });
    const said = await rotate(both).finally(() => (done = true));
    await Promise.all(readers);
    expect(said).toMatch(
      /^users.email_sealed: 60 of 60 sealed anew; users.name_sealed: 5\d of 60 sealed anew; audit_records.ip_sealed: 1 of 1 sealed anew; blind indexes: 0 made anew$/,
    );
    expect(await rotate(both)).not.toMatch(/[1-9]\d* (of|made)/);
    const after = await shop.startReplica({ FIELD_KEY: fresh });
    for (const { id, email, name } of people) {
      expect(await asAdmin(() => after.users.getUser({ id }))).toMatchObject({ email, name });
    }
  });

  test('when addresses in the trail are sealed anew, or forgotten with their user, then its chain is as it was', async () => {
    const { id } = await shop.users.registerUser(aRegistration());
    await shop.users.recordAudit({ record: anAuditRecord({ actor: id }) });
    await shop.users.recordAudit({ record: anAuditRecord({ actor: 'somebody else' }) });
    const { head } = await verifyTrail(shop.database);
    await asUser(id, () => shop.users.eraseUser({ id, currentPassword: PASSWORD }));
    expect(await rotate({ FIELD_KEY: new Map([...fresh, ...FIELD_KEYS.FIELD_KEY]) })).toContain('ip_sealed: 1 of 1');
    expect(await verifyTrail(shop.database, head)).toMatchObject({
      head: { sequence: head.sequence + 1 },
      fault: undefined,
    });
  });

  test('when the key of the indexes is another, then they are made anew, and everybody is found again', async () => {
    const user = await shop.users.registerUser(aRegistration({ name: 'Newly Indexed' }));
    const other = { BLIND_INDEX_KEY: aKeyRing('b2') };
    expect(await rotate(other)).toContain('blind indexes: 1 made anew');
    expect(await rotate(other)).toContain('blind indexes: 0 made anew');
    const { users } = await shop.startReplica(other);
    expect(await users.verifyCredentials({ email: user.email, password: PASSWORD })).toEqual(user);
    const { items } = await asAdmin(() => users.listUsers({ page: undefined, search: 'index' }));
    expect(items).toEqual([user]);
  });

  test('when the old key is missing, then nothing is changed, and it is named', async () => {
    const user = await shop.users.registerUser(aRegistration());
    await expect(rotate({ FIELD_KEY: fresh })).rejects.toThrow(`users.email_sealed of ${user.id}`);
    expect(await asAdmin(() => shop.users.getUser({ id: user.id }))).toEqual(user);
  });
});
