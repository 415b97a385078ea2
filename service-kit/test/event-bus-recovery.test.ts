import { randomUUID } from 'node:crypto';
import type { IncomingEvent } from '../src';
import { eventually } from '../src/testing';
import { aBus, aConsumer, anEvent, aQueue, buses, channel, depth, eventType, inside, useBroker } from './broker';

useBroker({ type: 'product.archived', data: { productId: 'p1', revision: 1 } });

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
      it.subscribe({ queue, topics: [eventType()], handle: async (event) => void seen.push(event) }),
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
    const stopped = bus.onModuleDestroy();
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
    await aBus((bus) => bus.subscribe({ queue: name, topics: [eventType()], exclusive: true, handle }));
  }
  await buses[0]?.publishAll([anEvent({ mandatory: true })]);
  await eventually(() => expect(counts).toEqual([1, 1]));
});
