import { createSecretKey, randomBytes, randomUUID } from 'node:crypto';
import { EventCodec, EventKeys, type OutgoingEvent } from '@shop/service-kit';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import { placeUntilKnown } from '../testing/buyer';
import { Books } from '../testing/books';
import { type Message, queuesOf, sendAll } from '../testing/operator';
import { dlq } from '../testing/operator-command';
import { proof } from '../testing/proof';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';

const QUEUE = 'products-service.reserve-stock';
const DEAD = `${QUEUE}.dead`;
const DONE_WITHIN = 180_000;
const REASON = /sealed with a key that is not known here/;

proof('P12', 'when messages are bad among good ones, then just those are put aside, and count once when replayed', {
  sizes: { ci: { good: 200, bad: 10 }, S: { good: 9900, bad: 100 }, L: { good: 9900, bad: 100, rounds: 5 } },
  run: async ({ size, figures, history }) => {
    // A new key that reaches those who send before it reaches those who listen.
    const [old, fresh] = [aKey('old'), aKey('fresh')];
    const system = await System.start({ EVENT_KEY_ORDER: old.text });
    let relaunched: System | undefined;
    try {
      const productId = await (await Shop.open(system)).productOnSale(2 * size.bad);
      const bad = await sealed(size.bad, fresh, productId);
      const good = await sealed(1, old, productId);
      await sendAll(system, mixed(bad, good, size.good));
      await eventually(async () => expect(await waiting(system)).toEqual({ live: 0, dead: size.bad }), DONE_WITHIN);
      expect(await unitsHeld(system, productId)).toBe(1);
      const { out } = await dlq(system, 'list');
      expect(out.split('\n').filter((line) => REASON.test(line))).toHaveLength(size.bad);

      await system.halt();
      relaunched = System.launch({ EVENT_KEY_ORDER: `${fresh.text},${old.text}` }, system.dir);
      await relaunched.untilReady();
      history.note('all know the new key');
      expect((await dlq(relaunched, 'replay', '--all')).code).toBe(0);
      await expectHeld(relaunched, productId, size.bad + 1);
      await sendAll(relaunched, [...bad, ...bad]);
      await expectHeld(relaunched, productId, size.bad + 1);
      figures.replayed = size.bad;
      const [customer] = await (await Shop.open(relaunched)).customers(1);
      const seen = await placeUntilKnown(customer!, history, anOrderOf(productId));
      const order = () => customer!.call('GET', `/orders/${seen.answer?.body.id}`);
      await eventually(async () => expect((await order()).body.status).toBe('confirmed'), 60_000);
    } finally {
      await (relaunched ?? system).stop();
    }
  },
});

type Key = ReturnType<typeof aKey>;

function aKey(kid: string) {
  const bytes = randomBytes(32);
  return { text: `${kid}:${bytes.toString('base64')}`, ring: new Map([[kid, createSecretKey(bytes)]]) };
}

/** As orders-service seals them: orders for one unit each. */
function sealed(count: number, { ring }: Key, productId: string): Promise<Message[]> {
  const codec = new EventCodec('orders-service', new EventKeys({ EVENT_KEY_ORDER: ring }));
  const anEvent = (): OutgoingEvent => {
    const orderId = randomUUID();
    const data = { orderId, lines: [{ productId, quantity: 1 }] };
    return { id: randomUUID(), type: 'order.created', subject: orderId, time: new Date().toISOString(), data };
  };
  const seal = async (event: OutgoingEvent): Promise<Message> => ({ type: event.type, ...(await codec.encode(event)) });
  return Promise.all(Array.from({ length: count }, () => seal(anEvent())));
}

function mixed(bad: readonly Message[], [good]: readonly Message[], goodCount: number): Message[] {
  const each = Math.floor(goodCount / bad.length);
  return bad.flatMap((one) => [one, ...Array.from({ length: each }, () => good!)]);
}

async function waiting(system: System): Promise<{ live?: number; dead?: number }> {
  const queues = await queuesOf(system, [QUEUE, DEAD]);
  return { live: queues.get(QUEUE)?.messageCount, dead: queues.get(DEAD)?.messageCount };
}

async function unitsHeld(system: System, productId: string): Promise<number> {
  const books = await Books.open(system);
  try {
    return (await books.stockOf(productId)).reserved;
  } finally {
    await books.close();
  }
}

async function expectHeld(system: System, productId: string, units: number): Promise<void> {
  await eventually(async () => {
    expect(await waiting(system)).toEqual({ live: 0, dead: 0 });
    expect(await unitsHeld(system, productId)).toBe(units);
  }, DONE_WITHIN);
}
