import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { QUEUES } from '@shop/service-kit';
import { eventually, storeAuthority, storeSetting } from '@shop/service-kit/testing';
import { DataSource } from 'typeorm';
import { tryBackupCommand } from '../testing/backups';
import { SmallShop } from '../testing/small-shop';
import { withoutPart } from '../testing/without-part';

// What becomes of ten units when an order of three is in this state.
const OF_TEN = [
  { status: 'PENDING', available: 10, reserved: 0, sold: 0, record: undefined },
  { status: 'RESERVED', available: 7, reserved: 3, sold: 0, record: 'RESERVED' },
  { status: 'PAYING', available: 7, reserved: 3, sold: 0, record: 'RESERVED' },
  { status: 'CONFIRMED', available: 7, reserved: 0, sold: 3, record: 'COMMITTED' },
  { status: 'SHIPPED', available: 7, reserved: 0, sold: 3, record: 'COMMITTED' },
  { status: 'DELIVERED', available: 7, reserved: 0, sold: 3, record: 'COMMITTED' },
  { status: 'FAILED', available: 10, reserved: 0, sold: 0, record: 'RELEASED' },
  { status: 'CANCELLED', available: 10, reserved: 0, sold: 0, record: 'RELEASED' },
];

const MARK_OF_LATER = { o: 'an order that was placed after the backup', n: 1, st: 'R', at: new Date() };

// Every test runs whole commands.
jest.setTimeout(120_000);

let old: SmallShop;
let fresh: SmallShop;

beforeEach(async () => {
  [old, fresh] = await Promise.all([SmallShop.open(), SmallShop.open()]);
});

afterEach(() => Promise.all([old.close(), fresh.close()]));

async function backUp(env: Record<string, string> = {}): Promise<string> {
  const { code, output } = await tryBackupCommand('backup', ['--dir', old.folder], old.env(env));
  expect({ code, output }).toMatchObject({ code: 0 });
  return /backup written: (.+?),/.exec(output)?.[1] ?? '';
}

// Other tests may have left something in the stores that all share.
function restore(file: string, { to = fresh, options = ['--replace'], env = {} }: Restore = {}) {
  return tryBackupCommand('restore', [file, '--dir', old.folder, ...options], to.env(env));
}

interface Restore {
  readonly to?: SmallShop;
  readonly options?: string[];
  readonly env?: Record<string, string>;
}

const rows = (database: DataSource, sql: string) => database.query<any[]>(sql);

describe('what comes back', () => {
  test('when rows have the strangest contents, then they come back as they were', async () => {
    const name = 'Ada\t"Lovelace"\n\\N \\. 🏮';
    const id = await old.hasUser({ name, tokens: [Buffer.from([0, 10, 92, 255]), Buffer.alloc(0)] });
    const nameless = await old.hasUser();
    const file = await backUp();
    const { code, output } = await restore(file);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringContaining('0 orders, 2 users') });
    const users = await rows(fresh.users.database, 'SELECT id, name, tokens FROM users ORDER BY name');
    expect(users).toEqual([
      { id, name, tokens: [Buffer.from([0, 10, 92, 255]), Buffer.alloc(0)] },
      { id: nameless, name: null, tokens: null },
    ]);
  });

  test('when a trigger makes something of new rows, then those that come back are as they were, and later ones are not', async () => {
    const trigger = `
      CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
      CREATE TRIGGER shout BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION shout()`;
    await old.hasUser({ name: 'Ada' });
    const file = await backUp();
    await fresh.users.database.query(trigger);
    expect(await restore(file)).toMatchObject({ code: 0 });
    await fresh.hasUser({ name: 'Grace' });
    const users = await rows(fresh.users.database, 'SELECT name FROM users ORDER BY name');
    expect(users).toEqual([{ name: 'Ada' }, { name: 'GRACE' }]);
  });

  test('when numbers were given out after the backup, then they are not given out again', async () => {
    await old.hasOrder('FAILED', { [await old.hasProduct(1)]: 1 });
    const file = await backUp();
    await restore(file);
    await fresh.hasOrder('FAILED', {});
    const numbers = await rows(fresh.orders.database, 'SELECT number::int FROM orders ORDER BY number');
    expect(numbers).toEqual([{ number: 1 }, { number: 10_002 }]);
  });

  test('when a user was erased after the orders were read, then their orders have no address', async () => {
    const userId = await old.hasUser({ erased: true });
    const product = await old.hasProduct(2);
    await old.hasOrder('FAILED', { [product]: 1 }, { userId, address: '' });
    await old.hasOrder('FAILED', { [product]: 1 }, { address: '' });
    await restore(await backUp());
    const addresses = 'SELECT shipping_address_sealed AS address FROM orders ORDER BY user_id = $1';
    expect(await fresh.orders.database.query(addresses, [userId])).toEqual([{ address: '' }, { address: null }]);
    expect(await rows(fresh.orders.database, 'SELECT user_id FROM erased_users')).toEqual([{ user_id: userId }]);
  });

  test('when sessions are in a backup, then they come back only when asked for, and expire when they would have', async () => {
    const redis = await connectRedis();
    try {
      await redis.call('SET', 'session:of-old', 'somebody', 'EX', '1000');
      const file = await backUp();
      await restore(file);
      expect(await redis.call('GET', 'session:of-old')).toBeNull();
      expect((await restore(file, { options: ['--replace', '--sessions'] })).code).toBe(0);
      expect(await redis.call('GET', 'session:of-old')).toBe('somebody');
      expect(Number(await redis.call('TTL', 'session:of-old'))).toBeLessThanOrEqual(1000);
      expect(Number(await redis.call('TTL', 'session:of-old'))).toBeGreaterThan(900);
    } finally {
      await redis.call('DEL', 'session:of-old');
      redis.disconnect();
    }
  });
});

describe('stock follows the orders', () => {
  test('when the stock of a later moment disagrees with an order, then the order is believed, in each of its states', async () => {
    const orders = await Promise.all(
      OF_TEN.map(async ({ status, ...expected }) => {
        const units = { available: 5, reserved: 4, sold: 1, marked: true, marks: [MARK_OF_LATER] };
        const product = await old.hasProduct(10, units);
        return { product, id: await old.hasOrder(status, { [product]: 3 }), status, expected };
      }),
    );
    const untouched = await old.hasProduct(10, { available: 6, reserved: 1, sold: 3, marks: [MARK_OF_LATER] });
    await restore(await backUp());
    const units = { available: 10, reserved: 0, sold: 0, adjusted: 10, marks: [] };
    expect(await fresh.stockOf(untouched)).toMatchObject(units);
    for (const { product, id, status, expected } of orders) {
      const { available, reserved, sold, adjusted, dirty, marks } = await fresh.stockOf(product);
      const record = (await fresh.recordOf(id))?.state;
      expect({ status, available, reserved, sold, record }).toEqual({ status, ...expected });
      expect({ adjusted, dirty }).toEqual({ adjusted: 10, dirty: true });
      const held = marks.map(({ o, n, st }: any) => ({ o, n, st }));
      expect(held).toEqual(reserved ? [{ o: id, n: 3, st: 'R' }] : []);
    }
  });

  test('when units were taken out that a restored order has, then they are put back into the books, and people are told', async () => {
    const product = await old.hasProduct(2);
    await old.hasOrder('CONFIRMED', { [product]: 3 });
    const { code, output } = await restore(await backUp());
    expect({ code, output }).toMatchObject({
      code: 0,
      output: expect.stringContaining(`1 units of product ${product}`),
    });
    expect(await fresh.stockOf(product)).toMatchObject({
      available: 0,
      sold: 3,
      adjusted: 3,
      adjustments: [{ delta: 1 }],
    });
  });
});

describe('a file that is not whole', () => {
  const flipOne = (bytes: Buffer) =>
    Buffer.concat([bytes.subarray(0, -100), Buffer.from([bytes.at(-100)! ^ 1]), bytes.subarray(-99)]);

  test('when a bit is another, or an end is missing, then it is refused, with or without its checksum, and nothing is touched', async () => {
    await old.hasUser();
    await fresh.hasUser({ name: 'Grace' });
    const file = await backUp();
    const whole = readFileSync(file);
    const checksum = readFileSync(`${file}.sha256`);
    const damaged = [
      flipOne(whole),
      whole.subarray(0, -50),
      whole.subarray(0, whole.length / 2),
      whole.subarray(0, 20),
    ];
    for (const [index, bytes] of damaged.entries()) {
      writeFileSync(file, bytes);
      if (index % 2 === 0) writeFileSync(`${file}.sha256`, checksum);
      else rmSync(`${file}.sha256`);
      const { code, output } = await restore(file);
      expect({ index, code, output }).toEqual({ index, code: 1, output: expect.stringMatching(/damaged/) });
    }
    expect(await rows(fresh.users.database, 'SELECT name FROM users')).toEqual([{ name: 'Grace' }]);
    writeFileSync(file, flipOne(whole));
    const check = await tryBackupCommand('backup', ['--verify', file, '--dir', old.folder], old.env());
    expect(check).toEqual({ code: 1, output: expect.stringMatching(/damaged/) });
  });

  test('when a part was taken out and everything else put together again, then its name is told', async () => {
    await old.hasUser();
    const file = await backUp();
    withoutPart(file, { part: 'users/users', key: join(old.folder, 'secrets', 'backup-key') });
    const { code, output } = await restore(file);
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining('users/users is missing') });
  });

  test('when the passphrase is another one, then that is said', async () => {
    const file = await backUp({ BACKUP_PASSPHRASE: 'correct horse battery staple' });
    const { code, output } = await restore(file, { env: { BACKUP_PASSPHRASE: 'another horse' } });
    expect({ code, output }).toMatchObject({
      code: 1,
      output: expect.stringContaining('The passphrase is not the one'),
    });
    const check = ['--verify', file, '--dir', old.folder];
    const right = old.env({ BACKUP_PASSPHRASE: 'correct horse battery staple' });
    expect(await tryBackupCommand('backup', check, right)).toMatchObject({
      code: 0,
      output: expect.stringContaining('backup is good'),
    });
  });

  test('when a backup is killed, then there is no file of that name, and what is left is no backup', async () => {
    await old.users.database.query(
      `INSERT INTO users (id, name) SELECT gen_random_uuid(), repeat(md5(n::text), 50) FROM generate_series(1, 50000) AS n`,
    );
    const folder = join(old.folder, 'backups');
    const command = join(__dirname, '..', '..', 'deployment/backup/backup.mjs');
    const child = spawn(process.execPath, [command, '--dir', old.folder], { env: old.env(), stdio: 'ignore' });
    await eventually(() => existsSync(folder) && readdirSync(folder).length > 0);
    child.kill('SIGKILL');
    const [left = '', ...more] = readdirSync(folder);
    expect([left, more]).toEqual([expect.stringMatching(/\.partial$/), []]);
    expect((await restore(join(folder, left))).code).toBe(1);
  });

  test('when a store is away, then the backup fails, says which, and leaves no file', async () => {
    const env = old.env({ MONGODB_URI: 'mongodb://127.0.0.1:1/products' });
    const { code, output } = await tryBackupCommand('backup', ['--dir', old.folder], env);
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining('MongoDB cannot be reached') });
    expect(readdirSync(join(old.folder, 'backups'))).toEqual([]);
  });
});

describe('stores that are not as they must be', () => {
  test('when there is something in them, then a restore refuses and changes nothing; with --replace it is gone', async () => {
    await old.hasUser({ name: 'Ada' });
    await fresh.hasUser({ name: 'Grace' });
    await fresh.hasProduct(3);
    const file = await backUp();
    const { code, output } = await restore(file, { options: [] });
    expect({ code, output }).toMatchObject({ code: 2, output: expect.stringMatching(/PostgreSQL \(users\), MongoDB/) });
    expect(await rows(fresh.users.database, 'SELECT name FROM users')).toEqual([{ name: 'Grace' }]);
    expect((await restore(file)).code).toBe(0);
    expect(await rows(fresh.users.database, 'SELECT name FROM users')).toEqual([{ name: 'Ada' }]);
    expect(await fresh.products.collection('products').countDocuments()).toBe(0);
  });

  test.each([
    ['newer', 2, 1],
    ['older', 1, 2],
  ])('when the backup is of a %s schema, then it is refused', async (_which, ofBackup, here) => {
    const [from, to] = await Promise.all([SmallShop.open(ofBackup), SmallShop.open(here)]);
    try {
      const made = await tryBackupCommand('backup', ['--dir', old.folder], from.env());
      const { code, output } = await restore(/backup written: (.+?),/.exec(made.output)?.[1] ?? '', { to });
      expect({ code, output }).toMatchObject({ code: 2, output: expect.stringContaining("is not the backup's") });
    } finally {
      await Promise.all([from.close(), to.close()]);
    }
  });

  test('when an app is connected, then a restore refuses and names it', async () => {
    const file = await backUp();
    const extra = { application_name: 'orders-service' };
    const app = await new DataSource({ type: 'postgres', url: fresh.orders.url, extra }).initialize();
    try {
      const { code, output } = await restore(file);
      expect({ code, output }).toMatchObject({
        code: 2,
        output: expect.stringContaining('connected to the stores: orders-service'),
      });
    } finally {
      await app.destroy();
    }
  });
});

test('when there are many backups, then those of 7 days and 4 weeks stay, and those of today', async () => {
  const folder = join(old.folder, 'backups');
  await backUp();
  // The next one bears another second in its name.
  await delay(1000);
  const dayMs = 86_400_000;
  const nameOf = (time: number) => `shop-${new Date(time).toISOString().slice(0, 19).replaceAll(':', '-')}Z.tar.gz.age`;
  const noon = Math.floor(Date.now() / dayMs) * dayMs + dayMs / 2;
  const agoMs = Array.from({ length: 40 }, (_, day) => noon - (day + 2) * dayMs);
  for (const time of agoMs) for (const each of [time, time - 3_600_000]) writeFileSync(join(folder, nameOf(each)), '');
  await backUp();
  const left = readdirSync(folder).filter((name) => name.endsWith('.age'));
  const ages = left
    .map((name) => Math.round((noon - Date.parse(`${name.slice(5, 15)}T12:00:00Z`)) / dayMs))
    .sort((a, b) => a - b);
  // Two of today, six days more that have any, and the newest of those weeks that the days have not covered.
  expect(ages.slice(0, 8)).toEqual([0, 0, 2, 3, 4, 5, 6, 7]);
  expect(ages.length).toBeGreaterThanOrEqual(10);
  expect(ages.length).toBeLessThanOrEqual(11);
  expect(Math.max(...ages)).toBeLessThanOrEqual(28);
});

test('when apps have a queue, then a restore knows it, to empty it', () => {
  const known = readFileSync(join(__dirname, '..', '..', 'deployment/backup/broker.mjs'), 'utf8');
  expect(QUEUES.filter((name) => !known.includes(`'${name}',`))).toEqual([]);
});

async function connectRedis() {
  const { Redis } = await import('ioredis');
  return new Redis({
    host: storeSetting('TEST_REDIS_HOST'),
    port: Number(storeSetting('TEST_REDIS_PORT')),
    username: 'operator',
    password: storeSetting('TEST_REDIS_OPERATOR_PASSWORD'),
    tls: { ca: storeAuthority() },
  });
}
