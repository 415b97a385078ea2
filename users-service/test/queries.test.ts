import { randomUUID } from 'node:crypto';
import { pageOf } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { AuditRepository } from '../src/audit/audit.repository';
import { PersonalData } from '../src/personal-data/personal-data';
import { UsersRepository } from '../src/users/users.repository';
import { FIELD_KEYS, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeAll(async () => {
  shop = await startTestApp();
  await shop.database
    .query(`INSERT INTO users (email_sealed, email_index, email_tokens, name_sealed, name_tokens, password_hash)
    SELECT '', sha256(n::text::bytea), ARRAY[sha256(n::text::bytea)], '', ARRAY[sha256(n::text::bytea)], '!'
    FROM generate_series(1, 20000) n`);
  await shop.database.query('ALTER TABLE audit_records DISABLE TRIGGER USER');
  await shop.database.query(`INSERT INTO audit_records (id, at, actor, action, target, ip_sealed, request_id, details,
    sequence, hash)
    SELECT gen_random_uuid(), now() - n * interval '1 second', 'b' || n % 1000, 'b' || n % 1000, '', '', '', '{}', n, ''
    FROM generate_series(1, 20000) n`);
  await shop.database.query('VACUUM ANALYZE users, audit_records');
});
afterAll(() => shop.close());

const personal = new PersonalData(FIELD_KEYS);
const nothing = { actor: '', action: '', from: '', to: '' };
const hour = { from: '2026-01-01T00:00:00Z', to: '2026-01-01T01:00:00Z' };
const cursor = Buffer.from(JSON.stringify([new Date().toISOString(), randomUUID()])).toString('base64url');

/** How the database would run what a repository asks, instead of the answers. */
async function plansOf(ask: (explaining: DataSource) => Promise<unknown>): Promise<string> {
  const plans: unknown[] = [];
  const query = async (sql: string, parameters: unknown[]) => {
    plans.push(await shop.database.query(`EXPLAIN ${sql}`, parameters));
    return [];
  };
  await ask({ query } as unknown as DataSource).catch(() => undefined);
  return JSON.stringify(plans);
}

const inUsers = (ask: (users: UsersRepository) => Promise<unknown>) =>
  plansOf((database) => ask(new UsersRepository(database, personal)));
const inTrail = (filter: object, page: object = {}) =>
  plansOf((database) => new AuditRepository(database, personal).list(pageOf(page), { ...nothing, ...filter }));

describe('every query that grows with the shop', () => {
  test.each<[string, string[], () => Promise<string>]>([
    ['an id is looked up', ['users_pkey'], () => inUsers((users) => users.get(randomUUID()))],
    ['an address is looked up', ['users_email'], () => inUsers((users) => users.findByEmail('b500@e.com'))],
    ['users are listed', ['users_newest'], () => inUsers((users) => users.list(pageOf({}), ''))],
    ['the list goes on', ['users_newest'], () => inUsers((users) => users.list(pageOf({ cursor }), ''))],
    [
      'users are searched',
      ['users_email_tokens', 'users_name_tokens'],
      () => inUsers((users) => users.list(pageOf({}), 'w500')),
    ],
    ['the trail is listed', ['audit_newest'], () => inTrail({})],
    ['the trail goes on', ['audit_newest'], () => inTrail({}, { cursor })],
    ['the trail of an hour is listed', ['audit_newest'], () => inTrail(hour)],
    ['the trail of somebody is listed', ['audit_by_actor'], () => inTrail({ actor: 'b7' })],
    ['the trail of an action is listed', ['audit_by_action'], () => inTrail({ action: 'b7' })],
  ])('when %s, then %j serve it', async (_what, indexes, explain) => {
    const plans = await explain();
    for (const index of indexes) expect(plans).toContain(index);
    expect(plans).not.toContain('Seq Scan');
  });
});
