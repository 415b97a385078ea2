import { randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib';
import { BadMessageError, DomainError, EventBus, type IncomingEvent, type OutgoingEvent, requestContext } from '../src';
import { eventually, quiet, storeAddress } from './stores';

// An event that no app subscribes to: these tests share the broker with others.
const TYPE = 'order.status_updated';

const anEvent = (changes: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
  id: randomUUID(),
  type: TYPE,
  subject: 'o1',
  time: new Date().toISOString(),
  data: { orderId: 'o1', userId: 'u1', status: 'shipped' },
  ...changes,
});

let connection: ChannelModel;
let channel: Channel;
const buses: EventBus[] = [];
const queues: string[] = [];

const aQueue = () => {
  const queue = `service-kit-test.${randomUUID()}`;
  queues.push(queue, `${queue}.dead`);
  return queue;
};

async function aBus(subscribe: (bus: EventBus) => void = () => undefined): Promise<EventBus> {
  const bus = new EventBus('service-kit-test', storeAddress('TEST_RABBITMQ_URL'), quiet);
  buses.push(bus);
  subscribe(bus);
  await bus.onApplicationBootstrap();
  await eventually(() => bus.connected);
  return bus;
}

/** A bus with one queue; what its handler got is in `seen`. */
async function aConsumer(handle: (event: IncomingEvent) => void | Promise<void> = () => undefined) {
  const queue = aQueue();
  const seen: IncomingEvent[] = [];
  const bus = await aBus((it) =>
    it.subscribe({
      queue,
      topics: [TYPE],
      handle: async (event) => {
        seen.push(event);
        await handle(event);
      },
    }),
  );
  return { bus, queue, seen };
}

async function deadLetter(queue: string): Promise<GetMessage> {
  let found: GetMessage | false = false;
  await eventually(async () => (found = await channel.get(`${queue}.dead`, { noAck: true })));
  return found as unknown as GetMessage;
}

const depth = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
const inside = (bus: EventBus) =>
  bus as unknown as { model: { connection: { stream: { destroy(error: Error): void } } }; publisher: Channel };

beforeAll(async () => {
  connection = await connect(storeAddress('TEST_RABBITMQ_URL'));
  channel = await connection.createChannel();
});

afterEach(async () => {
  for (const bus of buses.splice(0)) {
    await bus.beforeApplicationShutdown();
    await bus.onApplicationShutdown();
  }
  for (const queue of queues.splice(0)) await channel.deleteQueue(queue);
});

afterAll(() => connection.close());

describe('publishing', () => {
  it('when a queue takes it, then it is confirmed and arrives with its context', async () => {
    const contexts: unknown[] = [];
    const { bus, seen } = await aConsumer(() => void contexts.push(requestContext()?.requestId));
    const event = anEvent({ requestId: 'request-1', mandatory: true });
    expect(await bus.publishAll([event])).toEqual([{ id: event.id, ok: true }]);
    await eventually(() => expect(seen).toHaveLength(1));
    const { mandatory: _, ...sent } = event;
    expect(seen[0]).toEqual({ ...sent, redelivered: false });
    expect(contexts).toEqual(['request-1']);
  });

  it('when nobody takes it, then it is fine unless somebody must', async () => {
    const bus = await aBus();
    const [must, may] = [anEvent({ mandatory: true }), anEvent()];
    expect(await bus.publishAll([must, may])).toEqual([
      { id: must.id, ok: false, error: 'no queue takes this event' },
      { id: may.id, ok: true },
    ]);
  });

  it('when one of many does not match its contract, then only that one fails', async () => {
    const bus = await aBus();
    const results = await bus.publishAll([anEvent(), anEvent({ data: { orderId: 7 } }), anEvent()]);
    expect(results.map(({ ok }) => ok)).toEqual([true, false, true]);
  });

  it('when the broker cannot be reached, then the app starts and publishing says no', async () => {
    const bus = new EventBus('service-kit-test', 'amqp://127.0.0.1:1', quiet);
    buses.push(bus);
    await bus.onApplicationBootstrap();
    expect(bus.connected).toBe(false);
    expect(await bus.publishAll([anEvent()])).toEqual([expect.objectContaining({ ok: false })]);
  });

  it('when its channel fails, then there is a new one soon', async () => {
    const bus = await aBus();
    inside(bus).publisher.publish('no-such-exchange', 'x', Buffer.alloc(0));
    await eventually(() => !bus.connected);
    await eventually(() => bus.connected);
    expect((await bus.publishAll([anEvent()]))[0]?.ok).toBe(true);
  });
});

describe('consuming', () => {
  it('when the handler fails, then the event is delivered again', async () => {
    let failures = 2;
    const { bus, queue, seen } = await aConsumer(() => {
      if (failures-- > 0) throw new Error('not now');
    });
    await bus.publishAll([anEvent()]);
    await eventually(() => expect(seen.map(({ redelivered }) => redelivered)).toEqual([false, true, true]));
    await eventually(async () => expect(await depth(queue)).toBe(0));
  });

  it('when a store is away, then the event waits in hand and does not count as delivered again', async () => {
    let failures = 2;
    const { bus, seen } = await aConsumer(() => {
      if (failures-- > 0) throw new DomainError('UNAVAILABLE');
    });
    await bus.publishAll([anEvent()]);
    await eventually(() => expect(seen.map(({ redelivered }) => redelivered)).toEqual([false, false, false]));
  });

  it('when the process goes without acknowledging, then another one gets the event', async () => {
    const first = await aConsumer(() => new Promise(() => undefined));
    await first.bus.publishAll([anEvent()]);
    await eventually(() => expect(first.seen).toHaveLength(1));
    await first.bus.onApplicationShutdown();
    const seen: IncomingEvent[] = [];
    await aBus((bus) =>
      bus.subscribe({ queue: first.queue, topics: [TYPE], handle: async (event) => void seen.push(event) }),
    );
    await eventually(() => expect(seen).toEqual([expect.objectContaining({ redelivered: true })]));
    buses.shift();
  });

  it.each([
    ['is not JSON', Buffer.from('{'), /not a JSON object/],
    ['is not our event', Buffer.from('{"orderId":7}'), /does not match its contract/],
  ])(
    'when a message %s, then it is a dead letter with the reason, and the next one is handled',
    async (_, body, why) => {
      const { bus, queue, seen } = await aConsumer();
      const headers = {
        'cloudEvents:specversion': '1.0',
        'cloudEvents:id': 'e1',
        'cloudEvents:subject': 'o1',
        'cloudEvents:type': TYPE,
      };
      channel.sendToQueue(queue, body, { messageId: 'e1', headers });
      await bus.publishAll([anEvent()]);
      const dead = await deadLetter(queue);
      expect(dead.properties.headers?.['x-failure-reason']).toMatch(why);
      expect(dead.properties.messageId).toBe('e1');
      expect(dead.content).toEqual(body);
      await eventually(() => expect(seen).toHaveLength(1));
      expect(await depth(queue)).toBe(0);
    },
  );

  it('when the handler calls it bad, then it is a dead letter at once', async () => {
    const { bus, queue, seen } = await aConsumer(() => {
      throw new BadMessageError('no such product');
    });
    await bus.publishAll([anEvent()]);
    expect((await deadLetter(queue)).properties.headers?.['x-failure-reason']).toBe('no such product');
    expect(seen).toHaveLength(1);
  });

  it('when the dead-letter queue was deleted, then a bad message is not lost', async () => {
    const { queue } = await aConsumer();
    await channel.deleteQueue(`${queue}.dead`);
    channel.sendToQueue(queue, Buffer.from('{'), { messageId: 'e2' });
    await eventually(async () => {
      const own = await connection.createChannel();
      own.on('error', () => undefined);
      const { messageCount } = await own.checkQueue(`${queue}.dead`);
      await own.close();
      expect(messageCount).toBe(1);
    });
    expect((await deadLetter(queue)).properties.messageId).toBe('e2');
  });
});

describe('coming back', () => {
  it('when the queue is deleted, then it is declared again and consumed', async () => {
    const { bus, queue, seen } = await aConsumer();
    await channel.deleteQueue(queue);
    await eventually(async () => {
      await bus.publishAll([anEvent()]);
      expect(seen.length).toBeGreaterThan(0);
    });
    expect((await channel.checkQueue(queue)).consumerCount).toBe(1);
  });

  it('when the connection breaks, then consumer and publisher come back and listeners hear of it', async () => {
    let connects = 0;
    const { bus, queue, seen } = await aConsumer();
    bus.onConnect(() => connects++);
    inside(bus).model.connection.stream.destroy(new Error('cut'));
    await eventually(() => !bus.connected);
    await eventually(() => bus.connected);
    expect((await bus.publishAll([anEvent({ mandatory: true })]))[0]?.ok).toBe(true);
    await eventually(() => expect(seen).toHaveLength(1));
    expect(connects).toBe(1);
    expect((await channel.checkQueue(queue)).consumerCount).toBe(1);
  });

  it('when a queue cannot be declared, then publishing works and one consumer comes as soon as it can', async () => {
    const queue = aQueue();
    await channel.assertQueue(queue, { durable: false });
    const seen: IncomingEvent[] = [];
    const bus = await aBus((it) =>
      it.subscribe({ queue, topics: [TYPE], handle: async (event) => void seen.push(event) }),
    );
    expect((await bus.publishAll([anEvent()]))[0]?.ok).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await channel.deleteQueue(queue);
    await eventually(async () => {
      await bus.publishAll([anEvent()]);
      expect(seen.length).toBeGreaterThan(0);
    });
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect((await channel.checkQueue(queue)).consumerCount).toBe(1);
  });

  it('when it is stopped, then what is in hand is finished and nothing more is taken', async () => {
    let finish = () => undefined as void;
    const { bus, queue, seen } = await aConsumer(() => new Promise((resolve) => (finish = resolve)));
    await bus.publishAll([anEvent()]);
    await eventually(() => expect(seen).toHaveLength(1));
    const stopped = bus.beforeApplicationShutdown();
    setTimeout(() => finish(), 200);
    await stopped;
    await bus.publishAll([anEvent()]);
    await eventually(async () => expect(await depth(queue)).toBe(1));
    expect(seen).toHaveLength(1);
  });
});

it('when a subscription is exclusive, then every process gets every event and its queue goes with it', async () => {
  const counts = [0, 0];
  const name = `service-kit-test.${randomUUID()}`;
  for (const index of [0, 1]) {
    const handle = async () => void (counts[index] = (counts[index] ?? 0) + 1);
    await aBus((bus) => bus.subscribe({ queue: name, topics: [TYPE], exclusive: true, handle }));
  }
  await buses[0]?.publishAll([anEvent({ mandatory: true })]);
  await eventually(() => expect(counts).toEqual([1, 1]));
});
