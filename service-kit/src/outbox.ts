import type { OnApplicationBootstrap } from '@nestjs/common';
import type { DataSource, EntityManager } from 'typeorm';
import { deleteOldRows } from './delete-old-rows';
import type { EventBus } from './event-bus';
import type { PublishResult } from './event-publisher';
import type { OutgoingEvent } from './event-codec';
import type { Logger } from './logger';
import { showOutboxLag } from './outbox-lag';
import { Poller } from './poller';
import { requestContext } from './request-context';

const POLL_MS = 500;
const BATCH = 200;
const KEEP_PUBLISHED = '1 day';
const CLEAN_EVERY_MS = 10 * 60_000;
/** How long the last round of a relay may take when its process stops: confirms come in milliseconds, or not at all. */
export const LAST_ROUND_MS = 2000;

/** For the app's own migration. `published_at IS NULL` is what the relay looks for, so only that is indexed. */
export const OUTBOX_MIGRATION_SQL = `
  CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    type text NOT NULL,
    subject text NOT NULL,
    data jsonb NOT NULL,
    mandatory boolean NOT NULL DEFAULT false,
    request_id text,
    traceparent text,
    created_at timestamptz NOT NULL DEFAULT now(),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    last_error text
  );
  CREATE INDEX outbox_unpublished ON outbox (id) WHERE published_at IS NULL;
  CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;
`;

/** `$n` is the events as made by `outboxRows`; for statements that write the order and its event at once. */
export const INSERT_OUTBOX_SQL = (parameter: string) => `
  INSERT INTO outbox (event_id, type, subject, data, mandatory, request_id, traceparent)
  SELECT event_id, type, subject, data, mandatory, request_id, traceparent
  FROM jsonb_to_recordset(${parameter}::jsonb) AS e(event_id uuid, type text, subject text, data jsonb,
    mandatory boolean, request_id text, traceparent text)`;

/** The parameter that INSERT_OUTBOX_SQL takes. The request that caused the events goes with them. */
export function outboxRows(events: readonly OutgoingEvent[]): string {
  const context = requestContext();
  return JSON.stringify(
    events.map((event) => ({
      event_id: event.id,
      type: event.type,
      subject: event.subject,
      data: event.data,
      mandatory: event.mandatory ?? false,
      request_id: event.requestId ?? context?.requestId,
      traceparent: event.traceparent ?? context?.traceparent,
    })),
  );
}

/** Appends events within the caller's transaction: they are published if and only if it commits. */
export async function appendToOutbox(
  transaction: { query(sql: string, parameters: unknown[]): Promise<unknown> },
  events: readonly OutgoingEvent[],
): Promise<void> {
  if (events.length > 0) await transaction.query(INSERT_OUTBOX_SQL('$1'), [outboxRows(events)]);
}

interface OutboxRow {
  id: string;
  event_id: string;
  type: string;
  subject: string;
  data: object;
  mandatory: boolean;
  request_id: string | null;
  traceparent: string | null;
  created_at: Date;
}

/** Carries the outbox to the broker, in every replica: rows are locked with SKIP LOCKED and marked only when confirmed. */
export class OutboxRelay implements OnApplicationBootstrap {
  private readonly relay: Poller;
  private readonly cleaning: Poller;

  constructor(
    private readonly database: DataSource,
    private readonly bus: EventBus,
    private readonly logger: Logger,
  ) {
    this.relay = new Poller({ name: 'outbox', everyMs: POLL_MS, logger, run: () => this.relayDue() });
    this.cleaning = new Poller({ name: 'outbox cleaning', everyMs: CLEAN_EVERY_MS, logger, run: () => this.clean() });
    showOutboxLag(database);
  }

  onApplicationBootstrap(): void {
    this.bus.onConnect(() => this.nudge());
    this.relay.start();
    this.cleaning.start();
  }

  /** After everything that writes events has ended, and before the connections are closed. */
  async finish(): Promise<void> {
    await Promise.all([this.relay.finish(LAST_ROUND_MS), this.cleaning.stop(LAST_ROUND_MS)]);
  }

  /** Call after a commit that wrote events: they leave within milliseconds instead of at the next poll. */
  nudge(): void {
    this.relay.nudge();
  }

  private async relayDue(): Promise<void> {
    if (!this.bus.connected || !this.database.isInitialized) return;
    for (let more = true; more;) {
      const { taken, failed } = await this.database.transaction((manager) => this.relayBatch(manager));
      more = taken === BATCH && failed === 0;
    }
  }

  private async relayBatch(manager: EntityManager): Promise<{ taken: number; failed: number }> {
    const rows = await manager.query<OutboxRow[]>(
      `SELECT * FROM outbox WHERE published_at IS NULL AND next_attempt_at <= now()
       ORDER BY id LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
    );
    if (rows.length === 0) return { taken: 0, failed: 0 };
    const results = await this.bus.publishAll(rows.map(toEvent));
    const failed = results.filter((result) => !result.ok);
    const sent = results.filter((result) => result.ok).map((result) => result.id);
    await manager.query('UPDATE outbox SET published_at = now() WHERE event_id = ANY($1::uuid[])', [sent]);
    if (failed.length > 0) await this.postpone(manager, failed);
    return { taken: rows.length, failed: failed.length };
  }

  private async postpone(manager: EntityManager, failed: readonly PublishResult[]): Promise<void> {
    this.logger.warn(
      { count: failed.length, error: failed[0]?.error },
      'events not confirmed; they stay in the outbox',
    );
    await manager.query(
      `UPDATE outbox SET attempts = attempts + 1, last_error = $2,
         next_attempt_at = now() + least(interval '2 seconds', interval '100 milliseconds' * power(2, least(attempts, 10)))
       WHERE event_id = ANY($1::uuid[])`,
      [failed.map((result) => result.id), failed[0]?.error ?? ''],
    );
  }

  private async clean(): Promise<void> {
    const old = { table: 'outbox', column: 'published_at', olderThan: KEEP_PUBLISHED };
    if (await deleteOldRows(this.database, old)) this.cleaning.nudge();
  }
}

function toEvent(row: OutboxRow): OutgoingEvent {
  return {
    id: row.event_id,
    type: row.type,
    subject: row.subject,
    time: row.created_at.toISOString(),
    data: row.data,
    mandatory: row.mandatory,
    requestId: row.request_id ?? undefined,
    traceparent: row.traceparent ?? undefined,
  };
}
