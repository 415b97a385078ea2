import { createHash, randomUUID } from 'node:crypto';
import { asUser, eventually } from '@shop/service-kit/testing';
import { anOrder, recordsOf, referenceOf, statusOf } from './builders';
import { startShop, type TestShop } from './support';

let shop: TestShop;

// Nobody but who tells of it finds out what became of a payment.
beforeAll(async () => {
  shop = await startShop({ SAGA_RECOVERY_INTERVAL: 100, SAGA_STARTED_STALE_AFTER: 600_000 });
});
afterAll(() => shop.close());

type Order = Awaited<ReturnType<typeof anOrder>>;

const aPaidOrder = (changes: object = {}) =>
  anOrder(shop.database, { status: 'PAYING', attempt: 'STARTED', charged: true, ...changes });

/** What may come, as the gateway hands it on. */
const NEWS = {
  captured: ({ attemptId }: Order) => told(attemptId, 'captured'),
  declined: ({ attemptId }: Order) => told(attemptId, 'declined'),
  'captured, of another shop': ({ attemptId }: Order) => told(attemptId, 'captured', 'another-shop'),
  'captured, of an attempt that nobody knows': () => told(randomUUID(), 'captured'),
  'captured, of something that is no attempt': () => told('not-an-attempt', 'captured'),
  cancel: ({ id, userId }: Order) => asUser(userId, () => shop.orders.cancelOrder({ id }, { timeoutMs: 4000 })),
};
type News = keyof typeof NEWS;

function told(attemptId: string, outcome: string, ofShop = 'shop'): Promise<unknown> {
  const news = { shop: ofShop, attemptId, outcome, reference: referenceOf(attemptId) };
  return shop.orders.recordPaymentOutcome(news, { timeoutMs: 6000 });
}

// Each waits for the same row, which a slow machine does not let everybody have in time; who is told so comes again.
function untilHeard(ask: () => Promise<unknown>): Promise<unknown> {
  return ask().catch((error: { reason?: string }) => {
    if (error.reason !== 'UNAVAILABLE') throw error;
    return untilHeard(ask);
  });
}

/** The order, its payment, and what was paid back of 1400: at most all of it, once. */
async function outcomeOf({ id }: Order) {
  await eventually(async () => {
    const { refunds } = await recordsOf(shop.database, id);
    expect(refunds.filter(({ done_at }) => !done_at)).toEqual([]);
  });
  const { order, attempts, refunds, paidBack } = await recordsOf(shop.database, id);
  expect(paidBack).toHaveLength(refunds.length);
  const [attempt] = attempts;
  return [order.status, attempt?.status, paidBack.map(({ amount }) => Number(amount))];
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const dice = (index: number) => createHash('sha256').update(`${seed}.${index}`).digest('hex');
  const thrown = items.map((item, index) => ({ item, at: dice(index) }));
  return thrown.sort((a, b) => a.at.localeCompare(b.at)).map(({ item }) => item);
}

describe('what Stripe tells of payments', () => {
  test.each<[News[], unknown[]]>([
    [
      ['captured', 'captured', 'declined'],
      ['CONFIRMED', 'CAPTURED', []],
    ],
    [
      ['declined', 'declined'],
      ['FAILED', 'DECLINED', []],
    ],
    [
      ['declined', 'captured', 'captured', 'declined'],
      ['FAILED', 'CAPTURED', [1400]],
    ],
    [
      ['captured', 'cancel', 'captured', 'declined', 'captured'],
      ['CANCELLED', 'CAPTURED', [1400]],
    ],
  ])(
    'when %j come one after the other, then the first counts, and money that is not wanted goes back once',
    async (news, outcome) => {
      const order = await aPaidOrder();
      for (const each of news) await NEWS[each](order);
      expect(await outcomeOf(order)).toEqual(outcome);
    },
  );

  test('when it is about nothing of ours, then nothing changes, and it is done with', async () => {
    const order = await aPaidOrder();
    await NEWS['captured, of another shop'](order);
    await NEWS['captured, of an attempt that nobody knows']();
    await NEWS['captured, of something that is no attempt']();
    expect(await outcomeOf(order)).toEqual(['PAYING', 'STARTED', []]);
  });

  test('when another provider was chosen since, then it counts for the orders of its own', async () => {
    const order = await aPaidOrder({ provider: 'stripe' });
    await NEWS.captured(order);
    expect(await outcomeOf(order)).toEqual(['CONFIRMED', 'CAPTURED', []]);
  });

  test('when everything comes at once, often and in any order, then there is one charge, kept or paid back once', async () => {
    const news: News[] = [...(Object.keys(NEWS) as News[]), 'captured', 'captured', 'declined', 'declined', 'cancel'];
    const seen = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      const order = await aPaidOrder();
      const answers = await Promise.allSettled(shuffled(news, seed).map((each) => untilHeard(() => NEWS[each](order))));
      const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason.reason] : []));
      expect(refused.filter((reason) => reason !== 'ORDER_NOT_CANCELLABLE')).toEqual([]);
      const status = await statusOf(shop.database, order.id);
      seen.add(status);
      expect([seed, ...(await outcomeOf(order))]).toEqual([
        seed,
        status,
        'CAPTURED',
        status === 'CONFIRMED' ? [] : [1400],
      ]);
    }
    expect([...seen]).toEqual(expect.arrayContaining(['CANCELLED', 'FAILED']));
  });
});
