import type { DataSource } from 'typeorm';
import { askedGauge } from './metrics';

/** So that counting never takes long, however much waits. */
const COUNTED_AT_MOST = 100_000;

/** How much waits in the outbox, and for how long; the same in every replica. */
export function showOutboxLag(database: DataSource): void {
  askedGauge({
    name: 'outbox_unsent_events',
    help: `Events that the broker does not have yet, up to ${COUNTED_AT_MOST}; the same in every replica`,
    read: async () => {
      const [row] = await database.query<{ count: string }[]>(
        `SELECT count(*) FROM (SELECT FROM outbox WHERE published_at IS NULL LIMIT ${COUNTED_AT_MOST}) AS unsent`,
      );
      return Number(row?.count);
    },
  });
  askedGauge({
    name: 'outbox_oldest_unsent_age_seconds',
    help: 'How long the first of them waits; 0 when there is none',
    read: async () => {
      const [row] = await database.query<{ age: number }[]>(
        `SELECT extract(epoch FROM now() - created_at)::float8 AS age FROM outbox
         WHERE published_at IS NULL ORDER BY id LIMIT 1`,
      );
      return row ? Math.max(0, row.age) : 0;
    },
  });
}
