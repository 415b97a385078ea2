import { INSERT_OUTBOX_SQL } from '@shop/service-kit';
import { type OutboxRow, type Statement, type Transaction, updated } from './memory-postgres';

/** What service-kit's `outboxRows` makes. */
type NewOutboxRow = Pick<OutboxRow, 'event_id' | 'type' | 'subject' | 'data' | 'mandatory'>;

export function appendToOutbox(transaction: Transaction, events: string): void {
  const { tables, now } = transaction;
  for (const { event_id, type, subject, data, mandatory } of JSON.parse(events) as NewOutboxRow[]) {
    transaction.write(tables.outbox, event_id, {
      id: String(tables.outbox.size + 1),
      event_id,
      type,
      subject,
      data,
      mandatory,
      created_at: now,
      attempts: 0,
      next_attempt_at: now,
      published_at: null,
    });
  }
}

export const APPEND_TO_OUTBOX_SQL = INSERT_OUTBOX_SQL('$1');

const append: Statement = {
  sql: APPEND_TO_OUTBOX_SQL,
  run: (transaction, [events]) => {
    appendToOutbox(transaction, events);
    return [];
  },
};

// Rows that another relay is publishing are not skipped: that only makes more duplicates than there could be.
const unpublished: Statement = {
  sql: `SELECT * FROM outbox WHERE published_at IS NULL AND next_attempt_at <= now()
    ORDER BY id LIMIT 200 FOR UPDATE SKIP LOCKED`,
  run: ({ tables, now }) =>
    [...tables.outbox.values()].filter(
      ({ published_at: publishedAt, next_attempt_at: nextAttemptAt }) => publishedAt === null && nextAttemptAt <= now,
    ),
};

const published: Statement = {
  sql: 'UPDATE outbox SET published_at = now() WHERE event_id = ANY($1::uuid[])',
  run: (transaction, [ids]) => {
    const { tables, now } = transaction;
    return updated(
      rowsOf(transaction, ids).map((row) =>
        transaction.write(tables.outbox, row.event_id, { ...row, published_at: now }),
      ),
    );
  },
};

const postponed: Statement = {
  sql: `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
      next_attempt_at = now() + least(interval '2 seconds', interval '100 milliseconds' * power(2, least(attempts, 10)))
    WHERE event_id = ANY($1::uuid[])`,
  run: (transaction, [ids]) => {
    const { tables, now } = transaction;
    const later = (attempts: number) => new Date(now.getTime() + Math.min(2000, 100 * 2 ** Math.min(attempts, 10)));
    return updated(
      rowsOf(transaction, ids).map((row) => {
        const next = { ...row, attempts: row.attempts + 1, next_attempt_at: later(row.attempts) };
        return transaction.write(tables.outbox, row.event_id, next);
      }),
    );
  },
};

function rowsOf({ tables }: Transaction, ids: readonly string[]): OutboxRow[] {
  return ids.flatMap((id) => tables.outbox.get(id) ?? []);
}

export const OUTBOX_STATEMENTS: readonly Statement[] = [append, unpublished, published, postponed];
