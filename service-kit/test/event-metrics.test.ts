import { BadMessageError, type IncomingEvent } from '../src';
import { eventually, metricsOfThisProcess, sumOf } from '../src/testing';
import { aBus, aConsumer, anEvent, aQueue, eventType, useBroker } from './broker';

const SHOWN_WITHIN_MS = 15_000;

useBroker({ type: 'product.created', data: { productId: 'p1', revision: 1 } });

const metric = async (name: string, labels: Record<string, string>) =>
  sumOf(await metricsOfThisProcess(), name, labels);
const becomes = (name: string, labels: Record<string, string>, value: number) =>
  eventually(async () => expect([name, await metric(name, labels)]).toEqual([name, value]), SHOWN_WITHIN_MS);

test('when messages are handled, refused or given back, then each is counted by its queue, with its time and its age', async () => {
  const troubles: Error[] = [new BadMessageError('nonsense'), new Error('once')];
  const { bus, queue } = await aConsumer(() => {
    const trouble = troubles.shift();
    if (trouble) throw trouble;
  });
  const handled = (outcome: string) => metric('events_handled_total', { queue, outcome });
  expect([await handled('done'), await handled('repeated'), await handled('dead_lettered')]).toEqual([0, 0, 0]);
  await bus.publishAll([anEvent()]);
  await becomes('events_handled_total', { queue, outcome: 'dead_lettered' }, 1);
  const aMinuteAgo = new Date(Date.now() - 60_000).toISOString();
  await bus.publishAll([anEvent({ time: aMinuteAgo })]);
  await becomes('events_handled_total', { queue, outcome: 'done' }, 1);
  expect(await handled('repeated')).toBe(1);
  expect(await metric('event_handling_duration_seconds_count', { queue })).toBe(3);
  expect(await metric('event_age_seconds_count', { queue })).toBe(1);
  expect(await metric('event_age_seconds_sum', { queue })).toBeGreaterThanOrEqual(60);
});

test('when events are sent, then it is counted whether the broker has them', async () => {
  const type = eventType();
  const counts = () =>
    Promise.all(['confirmed', 'failed'].map((outcome) => metric('events_published_total', { type, outcome })));
  const [confirmed = 0, failed = 0] = await counts();
  const bus = await aBus();
  await bus.publishAll([anEvent(), anEvent(), anEvent({ mandatory: true })]);
  expect(await counts()).toEqual([confirmed + 2, failed + 1]);
});

test('when messages wait, or nobody can handle them, then the depth of their queue and of its dead letters shows it', async () => {
  const queue = aQueue();
  let end: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => (end = resolve));
  const handle = async ({ subject }: IncomingEvent) => {
    if (subject === 'nonsense') throw new BadMessageError('nonsense');
    await waiting;
  };
  const bus = await aBus((it) => it.subscribe({ queue, topics: [eventType()], prefetch: 1, handle }));
  try {
    await bus.publishAll([anEvent({ subject: 'nonsense' }), anEvent(), anEvent(), anEvent()]);
    await becomes('event_queue_messages', { queue }, 2);
    await becomes('event_dead_letters', { queue }, 1);
  } finally {
    end();
  }
});
