import { randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import {
  appendToOutbox,
  deleteOldRows,
  type EventBus,
  Logger,
  OUTBOX_MIGRATION_SQL,
  OutboxRelay,
  type OutgoingEvent,
  type PublishResult,
  runWithContext,
} from '../src';
import { eventually, InMemoryEventBus, storeSetting } from '../src/testing';

const quiet = Logger.create('service-kit-test', 'silent');
const schema = `service_kit_${randomUUID().replaceAll('-', '')}`;
let database: DataSource;
const relays: OutboxRelay[] = [];

const anEvent = (changes: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
  id: randomUUID(),
  type: 'order.status_updated',
  subject: 'o1',
  time: new Date().toISOString(),
  data: { orderId: 'o1', userId: 'u1', status: 'shipped' },
  ...changes,
});

/** A broker that answers as told, then confirms everything. */
class ScriptedBus extends InMemoryEventBus {
  readonly refusals: string[] = [];

  override publishAll(events: readonly OutgoingEvent[]): Promise<PublishResult[]> {
    const error = this.refusals.shift();
    return error ? Promise.resolve(events.map(({ id }) => ({ id, ok: false, error }))) : super.publishAll(events);
  }
}

function aRelay(bus = new ScriptedBus()) {
  const relay = new OutboxRelay(database, bus as unknown as EventBus, quiet);
  relays.push(relay);
  relay.onApplicationBootstrap();
  return { relay, bus };
}

const append = (events: OutgoingEvent[]) => database.transaction((manager) => appendToOutbox(manager, events));
const rows = () =>
  database.query<{ published_at: Date | null; attempts: number }[]>('SELECT * FROM outbox ORDER BY id');

beforeAll(async () => {
  const url = storeSetting('TEST_POSTGRES_URL');
  const setUp = await new DataSource({ type: 'postgres', url }).initialize();
  await setUp.query(`CREATE SCHEMA ${schema}`);
  await setUp.destroy();
  database = await new DataSource({
    type: 'postgres',
    url,
    extra: { options: `-c search_path=${schema}` },
  }).initialize();
  await database.query(OUTBOX_MIGRATION_SQL);
});

afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.finish();
  await database.query('TRUNCATE outbox');
});

afterAll(async () => {
  await database.query(`DROP SCHEMA ${schema} CASCADE`);
  await database.destroy();
});

it('when the transaction commits, then the event is published as it was, once, with the request that caused it', async () => {
  const { relay, bus } = aRelay();
  const event = anEvent({ mandatory: true });
  await runWithContext({ requestId: 'request-1' }, () => append([event]));
  relay.nudge();
  await eventually(async () => expect((await rows())[0]?.published_at).not.toBeNull());
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(bus.published).toEqual([
    { ...event, time: expect.any(String), requestId: 'request-1', traceparent: undefined },
  ]);
});

it('when nobody nudges, then the poll finds it', async () => {
  const { bus } = aRelay();
  await append([anEvent()]);
  await eventually(() => expect(bus.published).toHaveLength(1));
});

it('when the transaction rolls back, then nothing is published', async () => {
  const { relay, bus } = aRelay();
  const work = database.transaction(async (manager) => {
    await appendToOutbox(manager, [anEvent()]);
    throw new Error('rolled back');
  });
  await expect(work).rejects.toThrow('rolled back');
  relay.nudge();
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect(bus.published).toEqual([]);
});

it('when the broker does not confirm, then the event stays and goes out later', async () => {
  const { relay, bus } = aRelay();
  bus.refusals.push('no confirm in time', 'no queue takes this event');
  await append([anEvent()]);
  relay.nudge();
  await eventually(() => expect(bus.published).toHaveLength(1));
  // It is marked a moment after the broker has it.
  const marked = expect.objectContaining({ attempts: 2, published_at: expect.any(Date) });
  await eventually(async () => expect(await rows()).toEqual([marked]));
});

it('when the broker is away, then events wait and leave in order when it is back', async () => {
  const { bus } = aRelay();
  bus.connected = false;
  const events = [anEvent(), anEvent(), anEvent()];
  for (const event of events) await append([event]);
  await new Promise((resolve) => setTimeout(resolve, 700));
  expect((await rows()).every((row) => row.published_at === null && row.attempts === 0)).toBe(true);
  bus.connected = true;
  await eventually(() => expect(bus.published.map(({ id }) => id)).toEqual(events.map(({ id }) => id)));
});

it('when several replicas relay at once, then each of 1,000 events is published once', async () => {
  const bus = new ScriptedBus();
  const replicas = [aRelay(bus), aRelay(bus), aRelay(bus)];
  for (let batch = 0; batch < 10; batch++) {
    await append(Array.from({ length: 100 }, () => anEvent()));
    for (const { relay } of replicas) relay.nudge();
  }
  await eventually(async () => expect((await rows()).every((row) => row.published_at !== null)).toBe(true));
  expect(bus.published).toHaveLength(1000);
  expect(new Set(bus.published.map(({ id }) => id)).size).toBe(1000);
});

it('when many events are old, then they are forgotten 5,000 at a time, and what is not old or not sent is kept', async () => {
  await database.query(
    `INSERT INTO outbox (event_id, type, subject, data, next_attempt_at, published_at)
     SELECT gen_random_uuid(), 'order.created', 'o', '{}', 'infinity',
       CASE WHEN n <= 5100 THEN now() - interval '25 hours' WHEN n = 5101 THEN now() - interval '23 hours' END
     FROM generate_series(1, 5102) n`,
  );
  const left = async () => Number((await database.query('SELECT count(*) AS n FROM outbox'))[0].n);
  const old = { table: 'outbox', column: 'published_at', olderThan: '1 day' };
  expect(await deleteOldRows(database, old)).toBe(true);
  expect(await left()).toBe(102);
  expect(await deleteOldRows(database, old)).toBe(false);
  expect(await left()).toBe(2);
});

it('when others are at work on old rows, then those are left to them', async () => {
  await database.query(
    `INSERT INTO outbox (event_id, type, subject, data, published_at)
     SELECT gen_random_uuid(), 'order.created', 'o', '{}', now() - interval '25 hours' FROM generate_series(1, 3)`,
  );
  await database.transaction(async (other) => {
    await other.query('SELECT 1 FROM outbox ORDER BY id LIMIT 1 FOR UPDATE');
    await deleteOldRows(database, { table: 'outbox', column: 'published_at', olderThan: '1 day' });
    expect(await rows()).toHaveLength(1);
  });
});
