import type { DataSource, EntityManager } from 'typeorm';
import { contentOf, hashOf, NO_HASH } from './audit-chain';

const BATCH = 2000;

/** Where the chain ended at some moment, to be kept where nobody who can write to the database can. */
export interface Head {
  readonly sequence: number;
  /** In hexadecimal. */
  readonly hash: string;
}

/** The first record, or place for one, at which the trail is not as it was written. */
export interface Fault {
  readonly sequence: number;
  readonly id?: string;
  readonly problem: string;
}

export interface Verdict {
  readonly head: Head;
  readonly fault?: Fault;
}

interface Link {
  readonly sequence: number;
  readonly hash: Buffer;
}

interface ChainedRow extends Link {
  readonly id: string;
  readonly content: string;
}

/** Makes every hash anew, from the first record to the last. A `noted` head has to be a part of the chain. */
export function verifyTrail(database: DataSource, noted?: Head): Promise<Verdict> {
  // One moment, so that the head is that of the records, whatever is written meanwhile.
  return database.transaction('REPEATABLE READ', async (snapshot) => {
    await snapshot.query('SET TRANSACTION READ ONLY');
    let last: Link = { sequence: 0, hash: NO_HASH };
    for await (const row of recordsOf(snapshot)) {
      const fault = faultOf(row, last, noted);
      if (fault) return { head: toHead(last), fault };
      last = row;
    }
    return { head: toHead(last), fault: await faultAtEnd(snapshot, last, noted) };
  });
}

async function* recordsOf(snapshot: EntityManager): AsyncGenerator<ChainedRow> {
  let rows: ChainedRow[];
  let after = '0';
  do {
    const found = await snapshot.query<(Omit<ChainedRow, 'sequence'> & { sequence: string })[]>(
      `SELECT sequence, id, hash, ${contentOf('r')} AS content FROM audit_records r
       WHERE sequence > $1 ORDER BY sequence LIMIT ${BATCH}`,
      [after],
    );
    rows = found.map((row) => ({ ...row, sequence: Number(row.sequence) }));
    yield* rows;
    after = found.at(-1)?.sequence ?? after;
  } while (rows.length > 0);
}

function faultOf({ sequence, id, hash, content }: ChainedRow, last: Link, noted?: Head): Fault | undefined {
  if (sequence > last.sequence + 1) return { sequence: last.sequence + 1, problem: 'is missing' };
  if (!hash.equals(hashOf(last.hash, content)))
    return { sequence, id, problem: 'is not what was written there: it was changed, moved or put there' };
  if (noted?.sequence === sequence && noted.hash !== hash.toString('hex'))
    return { sequence, id, problem: 'has another hash than was noted: the chain was made anew, from here or earlier' };
  return undefined;
}

async function faultAtEnd(snapshot: EntityManager, last: Link, noted?: Head): Promise<Fault | undefined> {
  const next = last.sequence + 1;
  const [row] = await snapshot.query<{ sequence: string; hash: Buffer }[]>('SELECT sequence, hash FROM audit_head');
  const head = { sequence: Number(row?.sequence ?? 0), hash: row?.hash ?? NO_HASH };
  if (head.sequence > last.sequence)
    return { sequence: next, problem: `is missing; ${head.sequence} was the last one` };
  if (head.sequence < last.sequence)
    return { sequence: head.sequence + 1, problem: `was put there; ${head.sequence} was the last one` };
  if (!head.hash.equals(last.hash))
    return { sequence: last.sequence, problem: 'has another hash than the head of the chain' };
  if (noted && noted.sequence > last.sequence)
    return { sequence: next, problem: `is missing; there was a record ${noted.sequence} when the head was noted` };
  const [{ records } = { records: 0 }] = await snapshot.query<{ records: number }[]>(
    'SELECT count(*)::float8 AS records FROM audit_records',
  );
  return records === last.sequence
    ? undefined
    : { sequence: next, problem: `is none, but there are ${records} records: some have no place in the chain` };
}

function toHead({ sequence, hash }: Link): Head {
  return { sequence, hash: hash.toString('hex') };
}
