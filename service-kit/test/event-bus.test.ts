import { BadMessageError, DomainError, EventBus, type IncomingEvent, requestContext } from '../src';
import { brokerConfig, eventually } from '../src/testing';
import {
  aBus,
  aConsumer,
  anEvent,
  aQueue,
  buses,
  channel,
  codec,
  connection,
  deadLetter,
  depth,
  eventType,
  inside,
  quiet,
  useBroker,
} from './broker';

useBroker({ type: 'order.status_updated', data: { orderId: 'o1', userId: 'u1', status: 'shipped' } });

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

  it('when it has been handled, then the log says so, in the request that it came from', async () => {
    const requestIds: unknown[] = [];
    const said = jest.spyOn(quiet, 'info').mockImplementation(() => void requestIds.push(requestContext()?.requestId));
    const { bus, seen } = await aConsumer();
    const event = anEvent({ requestId: 'request-1' });
    await bus.publishAll([event]);
    await eventually(() => expect(seen).toHaveLength(1));
    await eventually(() => expect(requestIds).toContain('request-1'));
    const fields = { messageId: event.id, eventType: event.type, subject: 'o1', queue: expect.any(String) };
    const line = [{ ...fields, durationMs: expect.any(Number) }, 'event handled'];
    expect(said.mock.calls.filter(([, message]) => message === 'event handled')).toEqual([line]);
    said.mockRestore();
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

  it('when there are many, then they leave in the order in which they were given', async () => {
    const seen: string[] = [];
    const handle = async ({ id }: IncomingEvent) => void seen.push(id);
    const queue = aQueue();
    const bus = await aBus((it) => it.subscribe({ queue, topics: [eventType()], prefetch: 1, handle }));
    const events = Array.from({ length: 300 }, () => anEvent());
    await bus.publishAll(events);
    await eventually(() => expect(seen).toHaveLength(events.length));
    expect(seen).toEqual(events.map(({ id }) => id));
  });

  it('when the broker cannot be reached, then the app starts and publishing says no', async () => {
    const bus = new EventBus({ RABBITMQ_URL: 'amqp://127.0.0.1:1' }, codec, quiet);
    buses.push(bus);
    await bus.onApplicationBootstrap();
    expect(bus.connected).toBe(false);
    expect(await bus.publishAll([anEvent()])).toEqual([expect.objectContaining({ ok: false })]);
  });

  it('when the authority that is trusted does not vouch for the broker, then nothing is said to it', async () => {
    const { RABBITMQ_URL } = brokerConfig();
    const bus = new EventBus({ RABBITMQ_URL }, codec, quiet);
    buses.push(bus);
    await bus.onApplicationBootstrap();
    expect(await bus.publishAll([anEvent()])).toEqual([expect.objectContaining({ ok: false })]);
    await expect(eventually(() => bus.connected, 1000)).rejects.toThrow();
  });

  it('when its channel fails, then there is a new one soon', async () => {
    const bus = await aBus();
    inside(bus).publisher.channel.publish('no-such-exchange', 'x', Buffer.alloc(0));
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
      bus.subscribe({ queue: first.queue, topics: [eventType()], handle: async (event) => void seen.push(event) }),
    );
    await eventually(() => expect(seen).toEqual([expect.objectContaining({ redelivered: true })]));
    buses.shift();
  });

  it.each([
    ['is not sealed', () => Buffer.from('{"orderId":"o1","userId":"u1","status":"shipped"}'), /cannot be decrypted/],
    ['was sealed for another event', async () => (await codec.encode(anEvent())).body, /its id is not/],
  ])(
    'when a message %s, then it is a dead letter with the reason, and the next one is handled',
    async (_, bodyOf, why) => {
      const { bus, queue, seen } = await aConsumer();
      const body = await bodyOf();
      const { options } = await codec.encode(anEvent({ id: 'e1' }));
      channel.publish('shop.events', eventType(), body, options);
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

  it('when it comes to a queue of one process alone, then it is forgotten and the queue lives on', async () => {
    const seen: IncomingEvent[] = [];
    const bus = await aBus((it) =>
      it.subscribe({
        queue: 'service-kit-test.cache',
        topics: [eventType()],
        exclusive: true,
        prefetch: 1,
        handle: async (event) => void seen.push(event),
      }),
    );
    channel.publish('shop.events', eventType(), Buffer.from('{'), { messageId: 'e3' });
    await bus.publishAll([anEvent({ subject: 'first' })]);
    await bus.publishAll([anEvent({ subject: 'second' })]);
    await eventually(() => expect(seen.map(({ subject }) => subject)).toEqual(['first', 'second']));
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
