import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { ApplyOutcome } from '../src/payments/apply-outcome';
import { ChargeCard } from '../src/payments/charge-card';
import { anOrder, inOrder, pending, placed, recordsOf, referenceOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { type Replica, startShop, type TestShop } from './support';

let shop: TestShop;

const QUICK = {
  SAGA_RECOVERY_INTERVAL: 50,
  SAGA_RESERVED_STALE_AFTER: 100,
  SAGA_STARTED_STALE_AFTER: 400,
  SAGA_PAYMENT_TIMEOUT: 300,
  SHUTDOWN_TIMEOUT: 200,
};

beforeAll(async () => {
  shop = await startShop(QUICK);
});
afterEach(() => {
  shop.provider.instead = {};
});
afterAll(() => shop.close());

const records = (id: string) => recordsOf(shop.database, id);
const becomes = (id: string, status: string) =>
  eventually(async () => expect(await statusOf(shop.database, id)).toBe(status));
const never = () => new Promise<never>(() => undefined);

/** A refund that is owed and of which no process remembers anything. */
async function anOwedRefund(): Promise<{ id: string; refundId: string }> {
  const { id, attemptId } = await anOrder(shop.database, { status: 'CANCELLED', attempt: 'CAPTURED', charged: true });
  const refundId = randomUUID();
  await shop.database.query('INSERT INTO refunds (id, order_id, attempt_id, amount) VALUES ($1, $2, $3, 1400)', [
    refundId,
    id,
    attemptId,
  ]);
  return { id, refundId };
}

const isPaidBack = (id: string) =>
  eventually(async () => {
    const { refunds, paidBack } = await records(id);
    expect(refunds).toMatchObject([{ done_at: expect.any(Date) }]);
    expect(paidBack).toEqual([{ amount: '1400' }]);
  });

describe('charges whose answer never comes', () => {
  test('when the card was charged, then looking it up says so, and it is not voided', async () => {
    shop.provider.instead.charge = async (really) => {
      await really();
      throw new Error('connection reset');
    };
    const { id } = await placed(shop, { waitMs: 0 });
    await becomes(id, 'CONFIRMED');
    const { attempts, ledger } = await records(id);
    const asked = shop.provider.askedAbout(attempts[0]!.id);
    expect(inOrder(asked)).toEqual(['charge', 'lookUp']);
    expect(asked.filter((what) => what === 'charge')).toHaveLength(3);
    expect(ledger).toEqual([{ amount: '1250', outcome: 'captured' }]);
  });

  test('when the charge is still on its way while it is voided, then it comes to nothing', async () => {
    const late: (() => Promise<unknown>)[] = [];
    shop.provider.instead.charge = (really) => {
      late.push(really);
      return never();
    };
    const { id } = await placed(shop, { waitMs: 0 });
    await becomes(id, 'FAILED');
    for (const arrive of late) expect(await arrive()).toEqual({ status: 'declined' });
    const { ledger, refunds } = await records(id);
    expect([ledger, refunds]).toEqual([[{ amount: '1250', outcome: 'voided' }], []]);
  });

  test.each([
    { attempt: 'UNKNOWN', hours: 23.5, charged: true, asked: ['lookUp'], status: 'CONFIRMED' },
    { attempt: 'UNKNOWN', hours: 23.5, charged: false, asked: ['lookUp', 'void'], status: 'FAILED' },
    { attempt: 'STARTED', hours: 23.5, charged: true, asked: ['lookUp'], status: 'CONFIRMED' },
    { attempt: 'STARTED', hours: 23.5, charged: false, asked: ['lookUp', 'void'], status: 'FAILED' },
    { attempt: 'STARTED', hours: 22.5, charged: false, asked: ['charge'], status: 'CONFIRMED' },
  ] as const)(
    'when one that is $attempt was begun $hours hours ago (charged: $charged), then the provider, who forgets keys after 24, is asked: $asked',
    async ({ attempt, hours, charged, asked, status }) => {
      const left = { status: 'PAYING', attempt, ageMs: hours * 3_600_000 } as const;
      const { id, attemptId } = await anOrder(shop.database, { ...left, charged });
      await becomes(id, status);
      expect(inOrder(shop.provider.askedAbout(attemptId))).toEqual(asked);
    },
  );

  test('when a process was frozen for a day just before it asked, then it too looks the charge up', async () => {
    const { id, attemptId: key } = await anOrder(shop.database, {
      status: 'PAYING',
      attempt: 'STARTED',
      charged: true,
      // Nobody else comes to it for a minute.
      ageMs: -60_000,
    });
    const attempt = { key, orderId: id, amount: 1400, currency: 'USD', method: 'pm_card_visa', tries: 1 };
    await shop.app.get(ChargeCard).execute({ ...attempt, startedAt: Date.now() - 24 * 3_600_000 });
    expect(shop.provider.askedAbout(key)).toEqual(['lookUp']);
    await becomes(id, 'CONFIRMED');
  });

  test('when the provider cannot be asked even what became of it, then the order stays as it is until it can', async () => {
    const away = () => Promise.reject(new Error('away'));
    shop.provider.instead = { charge: away, lookUp: away, void: away };
    const { id } = await placed(shop, { waitMs: 0 });
    await eventually(async () => expect((await records(id)).attempts[0]?.tries).toBeGreaterThan(5));
    expect(await statusOf(shop.database, id)).toBe('PAYING');
    shop.provider.instead = {};
    await becomes(id, 'FAILED');
  });
});

describe('money that is owed back', () => {
  test('when only a row says so, then it is paid back', async () => {
    const { id } = await anOwedRefund();
    await isPaidBack(id);
  });

  test('when the answers are lost, then the same key is asked until one is heard, and paid once', async () => {
    let answers = 0;
    shop.provider.instead.refund = async (really) => {
      await really();
      answers += 1;
      if (answers < 3) throw new Error('connection reset');
      return 'paid';
    };
    const { id, refundId } = await anOwedRefund();
    await isPaidBack(id);
    expect(shop.provider.askedAbout(refundId).length).toBeGreaterThanOrEqual(3);
  });

  test('when the provider needs its time, then it is asked again later, and it is paid when it says so', async () => {
    shop.provider.instead.refund = async () => 'under way';
    const { id, refundId } = await anOwedRefund();
    const next = `SELECT next_try_at > now() + interval '5 minutes' AS later, done_at FROM refunds WHERE id = $1`;
    await eventually(async () =>
      expect(await shop.database.query(next, [refundId])).toEqual([{ later: true, done_at: null }]),
    );
    expect(shop.provider.askedAbout(refundId)).toEqual(['refund']);
    shop.provider.instead = {};
    await shop.database.query('UPDATE refunds SET next_try_at = now() WHERE id = $1', [refundId]);
    await isPaidBack(id);
  });

  test('when one refund is never answered, then the others are paid all the same', async () => {
    shop.provider.instead.refund = () => never();
    const stuck = await anOwedRefund();
    shop.provider.instead.refund = (really, { key }) => (key === stuck.refundId ? never() : really());
    const { id } = await anOwedRefund();
    await isPaidBack(id);
    shop.provider.instead = {};
    await isPaidBack(stuck.id);
  });

  test('when money comes for an order that was cancelled, then it goes back, once', async () => {
    const order = await anOrder(shop.database, { status: 'CANCELLED', attempt: 'DECLINED', charged: true });
    const captured = { status: 'captured', reference: referenceOf(order.attemptId) } as const;
    const apply = () => shop.app.get(ApplyOutcome).execute(order.attemptId, captured);
    await Promise.all([apply(), apply(), apply()]);
    await isPaidBack(order.id);
    expect(await statusOf(shop.database, order.id)).toBe('CANCELLED');
  });
});

describe('several processes', () => {
  const everyKeyAsked = (replica: Replica) => replica.provider.asked.filter(({ what }) => what === 'charge');

  test('when one dies while it asks a card, then another finds out, and the card is charged once', async () => {
    const dying = await shop.startReplica({ SAGA_RECOVERY_INTERVAL: 3_600_000, SAGA_PAYMENT_TIMEOUT: 3_600_000 });
    let end = () => {};
    const dead = new Promise<void>((resolve) => (end = resolve));
    dying.provider.instead.charge = async (really) => {
      await really();
      await dead;
      throw new Error('this process is no more');
    };
    const { id } = await pending(shop);
    await dying.bus.deliver(aStockEvent('stock.reserved', id));
    await eventually(async () => expect((await records(id)).ledger).toHaveLength(1));
    await dying.stop();
    await becomes(id, 'CONFIRMED');
    const { attempts, ledger } = await records(id);
    expect([attempts.length, ledger.length]).toEqual([1, 1]);
    expect(everyKeyAsked(dying).map(({ key }) => key)).toEqual([attempts[0]!.id]);
    end();
  });

  test('when two find the same work at the same time, then everything is done once', async () => {
    const other = await shop.startReplica();
    const kinds = [
      { status: 'RESERVED', ageMs: 2000 },
      { status: 'PAYING', attempt: 'STARTED', ageMs: 2000 },
      { status: 'PAYING', attempt: 'UNKNOWN', ageMs: 2000, charged: true },
    ] as const;
    const left: { id: string }[] = [];
    for (let n = 0; n < 30; n++) left.push(await anOrder(shop.database, kinds[n % 3]));
    const refunds: { id: string }[] = [];
    for (let n = 0; n < 10; n++) refunds.push(await anOwedRefund());

    for (const { id } of left) await becomes(id, 'CONFIRMED');
    for (const { id } of refunds) await isPaidBack(id);

    for (const { id } of left) {
      const { attempts, ledger, events } = await records(id);
      expect([attempts.length, ledger]).toEqual([1, [{ amount: '1400', outcome: 'captured' }]]);
      expect(events.map(({ type }) => type)).toEqual(['order.confirmed', 'order.status_updated']);
    }
    expect(everyKeyAsked(other).length + everyKeyAsked(shop).length).toBeGreaterThanOrEqual(30);
    await other.stop();
  });
});

describe('with the times of a real shop', () => {
  let patient: TestShop | undefined;
  afterEach(() => patient?.close());

  test('when work is as young as if its process were alive, then it is left to it until it no longer is', async () => {
    patient = await startShop({ SAGA_RECOVERY_INTERVAL: 50 });
    const { database, provider } = patient;
    const takenUp = new Map<string, number>();
    provider.instead.charge = (really, { key }) => {
      takenUp.set(key, Date.now());
      return really();
    };
    // However slow this machine is, nothing can be older than it is taken to be here.
    const startedAt = Date.now();
    const left = [
      { order: await anOrder(database, { status: 'PAYING', attempt: 'STARTED', ageMs: 9000 }), dueInMs: 3000 },
      { order: await anOrder(database, { status: 'RESERVED', ageMs: 500 }), dueInMs: 1500 },
      { order: await anOrder(database, { status: 'PAYING', attempt: 'STARTED', ageMs: 12_500 }), dueInMs: 0 },
      { order: await anOrder(database, { status: 'RESERVED', ageMs: 2500 }), dueInMs: 0 },
    ];
    for (const { order, dueInMs } of left) {
      await eventually(async () => expect(await statusOf(database, order.id)).toBe('CONFIRMED'));
      const [attempt] = (await recordsOf(database, order.id)).attempts;
      expect(takenUp.get(attempt!.id)! - startedAt).toBeGreaterThanOrEqual(dueInMs);
    }
  });

  test('when many orders are reserved at once, then no more cards are asked at a time than is allowed', async () => {
    patient = await startShop({ SAGA_PAYMENT_WORKERS: 3 });
    const { database, provider } = patient;
    let [asked, answer] = [0, () => {}];
    const answered = new Promise<void>((resolve) => (answer = resolve));
    provider.instead.charge = async (really) => {
      asked++;
      await answered;
      return really();
    };
    const reserved = [];
    for (let n = 0; n < 15; n++) reserved.push(await pending(patient));
    const { bus } = patient;
    await Promise.all(reserved.map(({ id }) => bus.deliver(aStockEvent('stock.reserved', id))));
    await eventually(() => expect(asked).toBe(3));
    await delay(200);
    expect(asked).toBe(3);
    answer();
    for (const { id } of reserved) {
      await eventually(async () => expect(await statusOf(database, id)).toBe('CONFIRMED'));
    }
  });
});
