import { eventually } from '@shop/service-kit/testing';
import { DataSource, type EntityManager } from 'typeorm';
import type { Client } from '../testing/client';
import { auditHeadOf, verifyAudit } from '../testing/operator-command';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';

interface AuditRecord {
  readonly id: string;
  readonly action: string;
  readonly target: string;
  readonly ip: string;
  readonly requestId: string;
}

const system = System.shared();
let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open();
});

/** What somebody did, oldest first, once as much as is expected is there. */
function actsOf({ account }: Client, count: number): Promise<AuditRecord[]> {
  return eventually(async () => {
    const { body } = await shop.admin.call('GET', `/audit?actor=${account.id}&limit=100`);
    expect(body.items.length).toBeGreaterThanOrEqual(count);
    return body.items.reverse();
  });
}

async function inDatabase<T>(url: string, work: (database: EntityManager) => Promise<T>): Promise<T> {
  const database = await new DataSource({ type: 'postgres', url }).initialize();
  try {
    return await database.transaction(work);
  } finally {
    await database.destroy();
  }
}

function asSuperuser<T>(work: (database: EntityManager) => Promise<T>): Promise<T> {
  const url = new URL(system.stores().postgres.superuserUrl);
  url.pathname = '/users';
  return inDatabase(url.toString(), async (database) => {
    await database.query('SET LOCAL session_replication_role = replica');
    return work(database);
  });
}

test('when somebody registers, signs in, oversteps, fetches their data and signs out, then the trail has each once, with place and request', async () => {
  const customer = await shop.customer();
  const answers = [
    await customer.call('GET', '/audit'),
    await customer.call('PUT', '/users/me', { password: 'another horse battery', currentPassword: 'wrong' }),
    await customer.call('GET', '/users/me/export'),
    await customer.call('POST', '/auth/logout'),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 403, 200, 204]);
  const acts = await actsOf(customer, 6);
  expect(acts.map(({ action, target }) => [action, target.split(':')[0]])).toEqual([
    ['user.registered', 'user'],
    ['session.opened', 'user'],
    ['access.refused', 'GET /audit'],
    ['access.refused', 'PUT /users/me'],
    ['user.exported', 'user'],
    ['session.ended', 'user'],
  ]);
  expect(new Set(acts.map(({ ip }) => ip))).toEqual(new Set(['127.0.0.1']));
  expect(acts.slice(2).map(({ requestId }) => requestId)).toEqual(
    answers.map(({ headers }) => headers.get('x-request-id')),
  );
});

test('when nobody has touched the trail, then it is whole, and every head that was printed stays a part of it', async () => {
  const head = await auditHeadOf(system);
  await shop.customer();
  await eventually(async () => expect(await auditHeadOf(system)).not.toBe(head));
  expect(await verifyAudit(system, '--head', head)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/The audit trail is whole: \d+ records/),
  });
});

test('when a superuser changes a record, then it is named; put back, the trail is whole again', async () => {
  const customer = await shop.customer();
  const [{ id, action }] = (await actsOf(customer, 2)) as [AuditRecord];
  const becomes = (other: string) =>
    asSuperuser((database) => database.query('UPDATE audit_records SET action = $2 WHERE id = $1', [id, other]));
  await becomes('user.forged');
  try {
    expect(await verifyAudit(system)).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        new RegExp(`^The audit trail is broken: record \\d+ \\(${id}\\) is not what was written`),
      ),
    });
  } finally {
    await becomes(action);
  }
  expect(await verifyAudit(system)).toMatchObject({ code: 0 });
});

test('when a head was never one of this trail, then it was made anew; and what is no head is refused', async () => {
  const head = await auditHeadOf(system);
  const other = `${head.split(':')[0]}:${'0'.repeat(64)}`;
  expect(await verifyAudit(system, '--head', other)).toMatchObject({
    code: 1,
    out: expect.stringContaining('the chain was made anew'),
  });
  expect(await verifyAudit(system, '--head', 'x')).toMatchObject({
    code: 2,
    out: expect.stringContaining('--head is'),
  });
});

test.each([
  'UPDATE audit_head SET sequence = 0',
  'DELETE FROM audit_head',
  "UPDATE audit_records SET hash = ''",
  'DELETE FROM audit_records',
  'TRUNCATE audit_records',
  'ALTER TABLE audit_records DISABLE TRIGGER USER',
  'SET session_replication_role = replica',
])('when the account of users-service tries %s, then it may not', async (statement) => {
  const attempt = inDatabase(system.stores().postgres.usersUrl, (database) => database.query(statement));
  await expect(attempt).rejects.toThrow(/only ever added|with its records only|must be owner|permission denied/);
});
