import { randomUUID } from 'node:crypto';
import { migrate, withDatabase } from '@shop/service-kit';
import { createScratchDatabase, type ScratchDatabase } from '@shop/service-kit/testing';
import type { DataSource, EntityManager } from 'typeorm';
import { contentOf, hashOf, NO_HASH } from '../src/audit/audit-chain';
import { AuditRepository } from '../src/audit/audit.repository';
import { type Head, verifyTrail } from '../src/audit/verify-trail';
import { usersDatabase } from '../src/database';
import { ChainAuditRecords1700000000002 } from '../src/migrations/1700000000002-chain-audit-records';
import { PersonalData } from '../src/personal-data/personal-data';
import { anAuditRecord, FIELD_KEYS, usersDatabaseUnderTest } from './support';

let scratch: ScratchDatabase;
let database: DataSource;
let head: Head;

let trail: AuditRepository;

beforeEach(async () => {
  scratch = await createScratchDatabase('users', usersDatabaseUnderTest);
  database = scratch.database;
  trail = new AuditRepository(database, new PersonalData(FIELD_KEYS));
  for (const n of [1, 2, 3, 4, 5]) await trail.append([anAuditRecord({ details: { n: `${n}` } })]);
  ({ head } = await verifyTrail(database));
});
afterEach(() => scratch.drop());

const faultWith = async (noted?: Head) => (await verifyTrail(database, noted)).fault;
const idOf = async (sequence: number): Promise<string> =>
  (await database.query('SELECT id FROM audit_records WHERE sequence = $1', [sequence]))[0].id;

/** What somebody can do who owns the tables. */
function forge(work: (forger: EntityManager) => Promise<unknown>): Promise<unknown> {
  return database.transaction(async (forger) => {
    await forger.query('ALTER TABLE audit_records DISABLE TRIGGER USER');
    await work(forger);
    await forger.query('ALTER TABLE audit_records ENABLE TRIGGER USER');
  });
}

/** And who knows how the chain is made. */
async function chainAnew(forger: EntityManager): Promise<void> {
  const rows = await forger.query(`SELECT id FROM audit_records ORDER BY sequence`);
  let hash: Buffer = NO_HASH;
  for (const [index, { id }] of rows.entries()) {
    await forger.query('UPDATE audit_records SET sequence = $2 WHERE id = $1', [id, index + 1]);
    const [{ content }] = await forger.query(`SELECT ${contentOf('r')} AS content FROM audit_records r WHERE id = $1`, [
      id,
    ]);
    hash = hashOf(hash, content);
    await forger.query('UPDATE audit_records SET hash = $2 WHERE id = $1', [id, hash]);
  }
  await forger.query('UPDATE audit_head SET sequence = $1, hash = $2', [rows.length, hash]);
}

describe('a trail that nobody has touched', () => {
  test('when it is looked at, then it is whole, and its head is where every earlier one was a part', async () => {
    await trail.append([anAuditRecord()]);
    expect(await verifyTrail(database, head)).toEqual({
      head: { sequence: 6, hash: expect.stringMatching(/^\w{64}$/) },
    });
  });

  test('when many records come at once, some twice and some in vain, then each is in it once', async () => {
    const twice = anAuditRecord();
    const inVain = database.transaction(async (transaction) => {
      await trail.append([anAuditRecord()], transaction);
      throw new Error('taken back');
    });
    const all = Array.from({ length: 20 }, async () => {
      await trail.append([anAuditRecord()]);
      await trail.append([twice]);
      await trail.append([twice, anAuditRecord(), twice]);
    });
    await Promise.all([expect(inVain).rejects.toThrow('taken back'), ...all]);
    expect(await verifyTrail(database, head)).toEqual({ head: { sequence: 46, hash: expect.any(String) } });
  });

  test('when the first records of all come at once, then they are in it one after another', async () => {
    await forge((forger) => forger.query('TRUNCATE audit_records, audit_head'));
    await Promise.all(Array.from({ length: 10 }, () => trail.append([anAuditRecord()])));
    expect(await verifyTrail(database)).toMatchObject({ head: { sequence: 10 }, fault: undefined });
  });

  test('when there is no record yet, then it is whole', async () => {
    await forge((forger) => forger.query('TRUNCATE audit_records, audit_head'));
    expect(await verifyTrail(database)).toEqual({ head: { sequence: 0, hash: '' } });
  });
});

describe('a trail that was forged', () => {
  test.each([
    "action = 'forged'",
    "actor = 'forged'",
    "target = 'forged'",
    "request_id = 'forged'",
    `details = '{"n": "forged"}'`,
    "at = at + interval '1 millisecond'",
    'id = gen_random_uuid()',
    "hash = sha256('')",
  ])('when %s was set in a record, then that record is named', async (change) => {
    await forge((forger) => forger.query(`UPDATE audit_records SET ${change} WHERE sequence = 3`));
    expect(await faultWith()).toMatchObject({
      sequence: 3,
      id: await idOf(3),
      problem: expect.stringMatching(/changed/),
    });
  });

  test.each([
    ['the first', 1, 'is missing'],
    ['one in the middle', 3, 'is missing'],
    ['the last', 5, 'is missing; 5 was the last one'],
  ])('when %s was deleted, then its number is missing', async (_which, sequence, problem) => {
    await forge((forger) => forger.query('DELETE FROM audit_records WHERE sequence = $1', [sequence]));
    expect(await faultWith()).toEqual({ sequence, problem });
  });

  test('when all were deleted, then the first is missing', async () => {
    await forge((forger) => forger.query('DELETE FROM audit_records'));
    expect(await faultWith()).toEqual({ sequence: 1, problem: 'is missing; 5 was the last one' });
  });

  test('when one was deleted and the rest numbered anew, then the next one is in the wrong place', async () => {
    await forge(async (forger) => {
      await forger.query('DELETE FROM audit_records WHERE sequence = 3');
      for (const old of [4, 5])
        await forger.query('UPDATE audit_records SET sequence = $1 - 1 WHERE sequence = $1', [old]);
    });
    expect(await faultWith()).toMatchObject({ sequence: 3, problem: expect.stringMatching(/moved/) });
  });

  const insert = (forger: EntityManager, sequence: number | null) =>
    forger.query(
      `INSERT INTO audit_records (id, at, actor, action, target, ip_sealed, request_id, details, sequence, hash)
       SELECT gen_random_uuid(), at, actor, action, target, '', request_id, details, $1, hash FROM audit_records
       WHERE sequence = 2`,
      [sequence],
    );

  test('when one was put between others, then it is named', async () => {
    await forge(async (forger) => {
      for (const old of [5, 4, 3])
        await forger.query('UPDATE audit_records SET sequence = $1 + 1 WHERE sequence = $1', [old]);
      await insert(forger, 3);
    });
    expect(await faultWith()).toMatchObject({
      sequence: 3,
      id: await idOf(3),
      problem: expect.stringMatching(/put there/),
    });
  });

  test('when one was put at the end, rightly chained, then it is after the last one', async () => {
    await forge(async (forger) => {
      const [{ sequence, hash }] = await forger.query('SELECT * FROM audit_head');
      await insert(forger, 6);
      await chainAnew(forger);
      await forger.query('UPDATE audit_head SET sequence = $1, hash = $2', [sequence, hash]);
    });
    expect(await faultWith()).toEqual({ sequence: 6, problem: 'was put there; 5 was the last one' });
  });

  test('when one was put beside the chain, then it has no place', async () => {
    await forge(async (forger) => {
      await forger.query('ALTER TABLE audit_records ALTER sequence DROP NOT NULL');
      await insert(forger, null);
    });
    expect((await faultWith())?.problem).toMatch(/6 records: some have no place/);
  });

  test.each([
    ['places', 'sequence = CASE sequence WHEN 2 THEN 4 ELSE 2 END'],
    [
      'places and hashes',
      `sequence = CASE sequence WHEN 2 THEN 4 ELSE 2 END, hash = (SELECT hash FROM audit_records o
      WHERE o.sequence = 6 - r.sequence)`,
    ],
  ])('when two have changed %s, then the earlier one is named', async (_what, swap) => {
    await forge(async (forger) => {
      await forger.query('DROP INDEX audit_sequence');
      await forger.query(`UPDATE audit_records r SET ${swap} WHERE sequence IN (2, 4)`);
    });
    expect(await faultWith()).toMatchObject({
      sequence: 2,
      id: await idOf(2),
      problem: expect.stringMatching(/moved/),
    });
  });

  test('when the whole chain was made anew but for its head, then the head tells', async () => {
    await forge(async (forger) => {
      const [{ hash }] = await forger.query('SELECT hash FROM audit_head');
      await forger.query("UPDATE audit_records SET action = 'forged' WHERE sequence = 3");
      await chainAnew(forger);
      await forger.query('UPDATE audit_head SET hash = $1', [hash]);
    });
    expect(await faultWith()).toEqual({ sequence: 5, problem: 'has another hash than the head of the chain' });
  });

  test('when the whole chain was made anew, then only a head that was noted before tells', async () => {
    await forge(async (forger) => {
      await forger.query("UPDATE audit_records SET action = 'forged' WHERE sequence = 3");
      await chainAnew(forger);
    });
    expect(await faultWith()).toBeUndefined();
    expect(await faultWith(head)).toMatchObject({ sequence: 5, problem: expect.stringMatching(/made anew/) });
  });

  test('when the last ones were cut off and the head moved back, then only a head that was noted before tells', async () => {
    await forge(async (forger) => {
      await forger.query('DELETE FROM audit_records WHERE sequence > 3');
      await chainAnew(forger);
    });
    expect(await faultWith()).toBeUndefined();
    expect(await faultWith(head)).toEqual({
      sequence: 4,
      problem: 'is missing; there was a record 5 when the head was noted',
    });
  });
});

test('when records were there before the chain, then it has them in the order of their times', async () => {
  const last = new ChainAuditRecords1700000000002();
  const {
    url,
    database: old,
    drop,
  } = await createScratchDatabase('users', (settings) => {
    const opened = usersDatabaseUnderTest(settings);
    const all = opened.options.migrations as (new () => { name: string })[];
    opened.setOptions({ migrations: all.filter((each) => new each().name !== last.name) });
    return opened;
  });
  try {
    await old.query(`INSERT INTO audit_records (id, at, actor, action, target, ip_sealed, request_id, details)
      SELECT gen_random_uuid(), now() - (n * 37 % 100) * interval '1 minute', 'x', 'a', '', '', '', '{}'
      FROM generate_series(1, 200) n`);
    const settings = { DATABASE_URL: url, DATABASE_POOL_SIZE: 2, ...FIELD_KEYS };
    expect(await withDatabase(usersDatabase(settings), migrate)).toBe(1);
    expect((await verifyTrail(old)).fault).toBeUndefined();
    const chained = await old.query('SELECT id FROM audit_records ORDER BY sequence');
    expect(chained).toEqual(await old.query('SELECT id FROM audit_records ORDER BY at, id'));
    await trail.append([anAuditRecord()], old);
    expect(await verifyTrail(old)).toMatchObject({ head: { sequence: 201 }, fault: undefined });
  } finally {
    await drop();
  }
});

describe('an account that only works with the rows', () => {
  let role: string;
  beforeEach(async () => {
    role = `app_${randomUUID().slice(0, 8)}`;
    await database.query(`CREATE ROLE ${role}`);
    await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`);
  });
  afterEach(async () => {
    await database.query(`DROP OWNED BY ${role}`);
    await database.query(`DROP ROLE ${role}`);
  });

  const asApp = (...statements: string[]) =>
    database.transaction(async (app) => {
      await app.query(`SET LOCAL ROLE ${role}`);
      for (const statement of statements) await app.query(statement);
    });
  const INSERT = `INSERT INTO audit_records (id, at, actor, action, target, ip_sealed, request_id, details, sequence, hash)
    VALUES (gen_random_uuid(), now(), '', 'a', '', '', '', '{}', 99, 'mine')`;

  test('when it says where a record stands in the chain, then nobody listens', async () => {
    await asApp(INSERT);
    expect(await verifyTrail(database, head)).toMatchObject({ head: { sequence: 6 }, fault: undefined });
  });

  test('when it puts a table of its own in the way of the head, then the chain goes on at the real one', async () => {
    await asApp(
      `CREATE TEMP TABLE audit_head ON COMMIT DROP AS SELECT true AS is_only, 70::bigint AS sequence, sha256('x') AS hash`,
      INSERT,
    );
    expect(await verifyTrail(database, head)).toMatchObject({ head: { sequence: 6 }, fault: undefined });
  });

  test.each([
    ['UPDATE audit_head SET sequence = 3', 'moves with its records only'],
    ['DELETE FROM audit_head', 'moves with its records only'],
    ["INSERT INTO audit_head (sequence, hash) VALUES (9, '')", 'moves with its records only'],
    ['UPDATE audit_records SET sequence = sequence + 10', 'only ever added'],
    ["UPDATE audit_records SET hash = ''", 'only ever added'],
    ['ALTER TABLE audit_records DISABLE TRIGGER USER', 'must be owner'],
    [
      `CREATE TEMP TABLE mine (id uuid, at timestamptz, actor text, action text, target text, request_id text, details jsonb,
        sequence bigint, hash bytea); CREATE TRIGGER mine BEFORE INSERT ON mine FOR EACH ROW EXECUTE FUNCTION chain_audit_record()`,
      'permission denied for function',
    ],
  ])('when it tries %s, then the database refuses', async (statement, refusal) => {
    await expect(asApp(statement)).rejects.toThrow(refusal);
    expect(await verifyTrail(database, head)).toEqual({ head });
  });
});
