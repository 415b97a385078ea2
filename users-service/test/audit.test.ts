import { randomUUID } from 'node:crypto';
import type { users } from '@shop/proto';
import { asAdmin, asUser } from '@shop/service-kit/testing';
import { anAuditRecord, startTestApp, type TestApp } from './support';

let shop: TestApp;

beforeAll(async () => {
  shop = await startTestApp();
});
afterAll(() => shop.close());

const record = (changes: Partial<users.AuditRecord> = {}) => shop.users.recordAudit({ record: anAuditRecord(changes) });
const listAs = (changes: Partial<users.ListAuditRequest>) =>
  shop.users.listAudit({ page: undefined, actor: '', action: '', from: '', to: '', ...changes });
const list = (changes: Partial<users.ListAuditRequest> = {}) => asAdmin(() => listAs(changes));

describe('the audit trail', () => {
  test('when a record is appended, then it reads as it was written', async () => {
    const written = anAuditRecord({ actor: 'reader' });
    await shop.users.recordAudit({ record: written });
    expect((await list({ actor: 'reader' })).items).toEqual([written]);
  });

  test('when users ask for their own acts, then they get them, and nobody else’s', async () => {
    const [own, other] = [randomUUID(), randomUUID()];
    await record({ actor: own, action: 'mine' });
    await record({ actor: other, action: 'theirs' });
    const { items } = await asUser(own, () => listAs({ actor: own }));
    expect(items.map(({ actor, action }) => [actor, action])).toEqual([[own, 'mine']]);
    for (const actor of [other, '']) {
      await expect(asUser(own, () => listAs({ actor }))).rejects.toMatchObject({ reason: 'FORBIDDEN' });
    }
  });

  test('when a record comes twice, then the first stays', async () => {
    const written = anAuditRecord({ actor: 'twice' });
    await shop.users.recordAudit({ record: written });
    await shop.users.recordAudit({ record: { ...written, action: 'forged' } });
    expect((await list({ actor: 'twice' })).items).toEqual([written]);
  });

  test('when it is filtered, then actor, action and time count together, "to" excluded', async () => {
    for (const second of [1, 2, 3]) {
      await record({ actor: 'timed', action: 'tick', at: `2026-03-01T00:00:0${second}Z` });
      await record({ actor: 'timed', action: 'tock', at: `2026-03-01T00:00:0${second}Z` });
    }
    const found = await list({
      actor: 'timed',
      action: 'tick',
      from: '2026-03-01T01:00:01+01:00',
      to: '2026-03-01T00:00:03Z',
    });
    expect(found.items.map(({ at, action }) => [at, action])).toEqual([
      ['2026-03-01T00:00:02.000Z', 'tick'],
      ['2026-03-01T00:00:01.000Z', 'tick'],
    ]);
  });

  test('when it is read page by page, then every record is shown once, equal times included', async () => {
    for (let i = 0; i < 5; i++) await record({ actor: 'paged' });
    const ids = new Set<string>();
    let cursor = '';
    do {
      const { items, page } = await list({ actor: 'paged', page: { limit: 2, cursor, page: 0 } });
      items.forEach(({ id }) => ids.add(id));
      cursor = page?.nextCursor ?? '';
    } while (cursor);
    expect(ids.size).toBe(5);
    expect((await list({ actor: 'paged', page: { limit: 2, cursor: '', page: 1 } })).page?.total).toBe(5);
  });

  test.each<[string, Partial<users.AuditRecord>]>([
    ['no id', { id: '' }],
    ['a foreign id', { id: 'x' }],
    ['no time', { at: '' }],
    ['a week for a time', { at: '2026-W01' }],
    ['a time that is none', { at: '2026-13-01T00:00:00Z' }],
    ['no action', { action: '' }],
    ['NUL in the actor', { actor: 'a\0' }],
    ['NUL in the details', { details: { a: '\0' } }],
    ['too long details', { details: { a: 'x'.repeat(501) } }],
  ])('when a record has %s, then VALIDATION_FAILED', async (_what, changes) => {
    await expect(record(changes)).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
  });

  test('when several come at once, then all are there, in their order; a bad one among them, and none is', async () => {
    const written = [1, 2, 3].map((n) => anAuditRecord({ actor: 'batch', at: `2026-01-02T03:04:0${n}.000Z` }));
    await shop.users.recordAuditBatch({ records: [...written, written[0]!] });
    expect((await list({ actor: 'batch' })).items).toEqual([...written].reverse());
    const bad = [anAuditRecord({ actor: 'bad batch' }), anAuditRecord({ action: '' })];
    for (const records of [bad, [], Array.from({ length: 101 }, () => anAuditRecord({ actor: 'bad batch' }))])
      await expect(shop.users.recordAuditBatch({ records })).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
    expect((await list({ actor: 'bad batch' })).items).toEqual([]);
  });

  test('when there is no record, then VALIDATION_FAILED', async () => {
    await expect(shop.users.recordAudit({ record: undefined })).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
  });

  test.each(['from', 'to'])('when %s is no time, then VALIDATION_FAILED', async (name) => {
    await expect(list({ [name]: 'yesterday' })).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
  });

  test.each(["UPDATE audit_records SET action = 'forged'", 'DELETE FROM audit_records'])(
    'when a statement would rewrite it (%s), then the database refuses',
    async (sql) => {
      await record();
      await expect(shop.database.query(sql)).rejects.toThrow('only ever added');
    },
  );
});
