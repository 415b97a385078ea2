import type { ChannelModel } from 'amqplib';
import { askedGauge, counter, histogram } from './metrics';

/** `repeated`: given back, to be delivered again; `forgotten`: what concerned only this process. */
export type Outcome = 'done' | 'repeated' | 'dead_lettered' | 'forgotten';

const AGE_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 900, 3600, 86_400];
const DEPTHS_FRESH_FOR_MS = 10_000;

export const countPublished = counter({
  name: 'events_published_total',
  help: 'Events by whether the broker has confirmed that it has them',
  labels: ['type', 'outcome'],
});

/** What becomes of the messages of one queue in this process. */
export class ConsumerMeter {
  private readonly count = counter({
    name: 'events_handled_total',
    help: 'Messages by what became of them: done, repeated (delivered again later), dead_lettered, forgotten',
    labels: ['queue', 'outcome'],
  });
  private readonly duration = histogram({
    name: 'event_handling_duration_seconds',
    help: 'From the delivery of a message to its acknowledgement or refusal',
    labels: ['queue'],
  });
  private readonly age = histogram({
    name: 'event_age_seconds',
    help: 'From what an event tells of until it was handled',
    labels: ['queue'],
    buckets: AGE_BUCKETS,
  });

  constructor(private readonly queue: string) {
    for (const outcome of ['done', 'repeated', 'dead_lettered']) this.count({ queue, outcome }, 0);
  }

  async measured(work: () => Promise<Outcome>): Promise<void> {
    const { queue } = this;
    const startedAt = performance.now();
    const outcome = await work();
    this.count({ queue, outcome });
    this.duration({ queue }, (performance.now() - startedAt) / 1000);
  }

  handled({ time }: { time: string }): void {
    const ageMs = Date.now() - Date.parse(time);
    // A time that cannot be read is not worth a message.
    if (Number.isFinite(ageMs)) this.age({ queue: this.queue }, Math.max(0, ageMs) / 1000);
  }
}

interface Heard {
  readonly queue: string;
  readonly exclusive?: boolean;
}

/** What is heard, from the start and while the broker is away, too; with how much waits in the queues that last. */
export function showConsumers(subscriptions: readonly Heard[], connection: () => ChannelModel | undefined): void {
  for (const { queue } of subscriptions) new ConsumerMeter(queue);
  const lasting = subscriptions.filter(({ exclusive }) => !exclusive).map(({ queue }) => queue);
  if (lasting.length > 0) showDepths(lasting, connection);
}

function showDepths(queues: readonly string[], connection: () => ChannelModel | undefined): void {
  const show = (name: string, help: string, queueOf: (queue: string) => string) =>
    askedGauge({
      name,
      help,
      label: 'queue',
      freshForMs: DEPTHS_FRESH_FOR_MS,
      read: async () => {
        const depths = await depthsOf(queues.map(queueOf), connection());
        return Object.fromEntries(queues.flatMap((queue) => entry(queue, depths.get(queueOf(queue)))));
      },
    });
  show('event_queue_messages', 'Messages that wait to be delivered; the same in every replica', (queue) => queue);
  show(
    'event_dead_letters',
    'Messages that nobody could handle; the same in every replica',
    (queue) => `${queue}.dead`,
  );
}

function entry(queue: string, depth: number | undefined): [string, number][] {
  return depth === undefined ? [] : [[queue, depth]];
}

// On a channel of its own: the broker closes it when a queue is not there.
async function depthsOf(queues: readonly string[], connection?: ChannelModel): Promise<Map<string, number>> {
  if (!connection) throw new Error('not connected to the broker');
  const channel = await connection.createChannel();
  channel.on('error', () => undefined);
  const depths = new Map<string, number>();
  for (const queue of queues) depths.set(queue, (await channel.checkQueue(queue)).messageCount);
  await channel.close();
  return depths;
}
