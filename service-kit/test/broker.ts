import { randomBytes, randomUUID } from 'node:crypto';
import { type Channel, type ChannelModel, connect, type GetMessage } from 'amqplib';
import {
  EnvKeyRing,
  EventBus,
  EventCodec,
  type KeyRing,
  EventKeys,
  type IncomingEvent,
  Logger,
  type OutgoingEvent,
  readConfig,
} from '../src';
import { brokerConfig, eventually, storeAuthority, storeSetting } from '../src/testing';

export const quiet = Logger.create('service-kit-test', 'silent');

// Test files share the broker with each other and with the apps' tests, so each has a kind of event to itself.
let kind: Pick<OutgoingEvent, 'type' | 'data'>;

class Keys {
  @EnvKeyRing()
  EVENT_KEY_ORDER: KeyRing;

  @EnvKeyRing()
  EVENT_KEY_PRODUCT: KeyRing;
}

const { config } = readConfig(Keys, {
  EVENT_KEY_ORDER: `k1:${randomBytes(32).toString('base64')}`,
  EVENT_KEY_PRODUCT: `k1:${randomBytes(32).toString('base64')}`,
});
export const codec = new EventCodec('service-kit-test', new EventKeys(config));

export const eventType = () => kind.type;

export const anEvent = (changes: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
  id: randomUUID(),
  subject: 'o1',
  time: new Date().toISOString(),
  ...kind,
  ...changes,
});

export let connection: ChannelModel;
export let channel: Channel;
export const buses: EventBus[] = [];
const queues: string[] = [];

export const aQueue = () => {
  const queue = `service-kit-test.${randomUUID()}`;
  queues.push(queue, `${queue}.dead`);
  return queue;
};

export async function aBus(subscribe: (bus: EventBus) => void = () => undefined): Promise<EventBus> {
  const bus = new EventBus(brokerConfig(), codec, quiet);
  buses.push(bus);
  subscribe(bus);
  await bus.onApplicationBootstrap();
  await eventually(() => bus.connected);
  return bus;
}

/** A bus with one queue; what its handler got is in `seen`. */
export async function aConsumer(handle: (event: IncomingEvent) => void | Promise<void> = () => undefined) {
  const queue = aQueue();
  const seen: IncomingEvent[] = [];
  const bus = await aBus((it) =>
    it.subscribe({
      queue,
      topics: [kind.type],
      handle: async (event) => {
        seen.push(event);
        await handle(event);
      },
    }),
  );
  return { bus, queue, seen };
}

export async function deadLetter(queue: string): Promise<GetMessage> {
  let found: GetMessage | false = false;
  await eventually(async () => (found = await channel.get(`${queue}.dead`, { noAck: true })));
  return found as unknown as GetMessage;
}

export const depth = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
export const inside = (bus: EventBus) =>
  bus as unknown as {
    model: { connection: { stream: { destroy(error: Error): void } } };
    publisher: { channel: Channel };
  };

/** To be called once per test file. */
export function useBroker(ownKind: Pick<OutgoingEvent, 'type' | 'data'>): void {
  kind = ownKind;

  beforeAll(async () => {
    connection = await connect(storeSetting('TEST_RABBITMQ_URL'), { ca: storeAuthority() });
    channel = await connection.createChannel();
  });

  afterEach(async () => {
    for (const bus of buses.splice(0)) {
      await bus.onModuleDestroy();
      await bus.onApplicationShutdown();
    }
    for (const queue of queues.splice(0)) await channel.deleteQueue(queue);
  });

  afterAll(() => connection.close());
}
