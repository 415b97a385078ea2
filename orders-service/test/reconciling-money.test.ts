import { randomUUID } from 'node:crypto';
import type { HeldPayment } from '../src/payments/payment-provider';
import { MendDrift } from '../src/reconciliation/mend-drift';
import { anOrder, recordsOf, referenceOf, typesOf } from './builders';
import { ComparedShop, OLD } from './compared-shop';

let books: ComparedShop;

beforeAll(async () => {
  books = await ComparedShop.start();
});
beforeEach(() => books.empty());
afterEach(() => jest.restoreAllMocks());
afterAll(() => books.shop.close());

describe('orders and money', () => {
  test('when an order was cancelled and refunded, then nothing drifts', async () => {
    await books.refunded('CANCELLED');
    expect(await books.drifts()).toEqual([]);
  });

  test.each([
    ['not-paid', () => anOrder(books.shop.database, { ...OLD, status: 'CONFIRMED' }), 'COMMITTED', undefined],
    ['refund-missing', () => books.paidOrder('CANCELLED'), 'RESTOCKED', 'open the refund'],
    ['capture-not-applied', () => books.paidOrder('PAYING'), 'RESERVED', 'apply the capture'],
  ] as const)('when an order is in the way of %s, then that is found', async (...drift) => {
    const [kind, make, state, mend] = drift;
    const { id } = await make();
    books.inStock(id, state);
    expect(await books.driftsOf(id)).toEqual([{ of: 'order', id, kind, mend, detail: expect.any(String) }]);
  });

  test('when a refund is of another amount, or of an order that goes on, then that is found', async () => {
    const less = await books.refunded('CANCELLED', { amount: 700 });
    const alive = await books.refunded('CONFIRMED');
    expect(await books.driftsOf(less.id)).toMatchObject([{ kind: 'amount-differs', detail: '700 instead of 1400' }]);
    expect(await books.driftsOf(alive.id)).toMatchObject([{ kind: 'refunded-but-alive' }]);
  });

  test('when a refund is owed for longer than anything takes, then that is found', async () => {
    const { id, attemptId } = await anOrder(books.shop.database, {
      ...{ status: 'CANCELLED', attempt: 'CAPTURED', charged: true, ageMs: 3_600_000 },
    });
    books.inStock(id, 'RESTOCKED');
    await books.shop.database.query(
      `INSERT INTO refunds (id, order_id, attempt_id, amount, next_try_at) VALUES ($1, $2, $3, 1400, 'infinity')`,
      [randomUUID(), id, attemptId],
    );
    expect(await books.driftsOf(id)).toMatchObject([{ kind: 'refund-unpaid' }]);
  });

  test('when the provider knows more than we do, then that is found', async () => {
    const unheard = await anOrder(books.shop.database, {
      ...OLD,
      status: 'FAILED',
      attempt: 'DECLINED',
      charged: true,
    });
    const nobodys = randomUUID();
    await books.shop.database.query(
      `INSERT INTO simulated_payments (key, amount, currency, outcome, reference) VALUES ($1, 5, 'USD', 'captured', 'sim_x')`,
      [nobodys],
    );
    const strange = await books.paidOrder('CONFIRMED');
    books.inStock(strange.id, 'COMMITTED');
    await books.paidBack(randomUUID(), strange.attemptId, 1400);
    expect(await books.driftsOf(unheard.attemptId)).toMatchObject([
      { kind: 'charge-unknown-here', mend: 'apply the capture' },
    ]);
    expect(await books.driftsOf(nobodys)).toMatchObject([{ kind: 'charge-of-nobody', detail: 'sim_x, 5' }]);
    expect(await books.driftsOf(strange.attemptId)).toMatchObject([{ kind: 'refund-unknown-here' }]);
  });

  test('when the provider holds a second payment of one attempt, then that is for a person, until it is paid back', async () => {
    const { id, attemptId } = await books.paidOrder('CONFIRMED');
    books.inStock(id, 'COMMITTED');
    const first = { key: attemptId, reference: referenceOf(attemptId), amount: 1400, refunds: [] };
    const listed: HeldPayment[] = [first, { ...first, reference: 'pi_another' }];
    jest.spyOn(books.shop.provider, 'movedSince').mockImplementation(async function* () {
      yield* listed;
    });
    expect(await books.drifts()).toEqual([
      { of: 'payment', id: attemptId, kind: 'charged-twice', detail: 'pi_another, 1400' },
    ]);
    listed[1] = { ...first, reference: 'pi_another', refunds: [{ key: randomUUID(), amount: 1400 }] };
    expect(await books.drifts()).toEqual([]);
  });

  test('when the provider knows less than we do, then that is found', async () => {
    const order = await anOrder(books.shop.database, { ...OLD, status: 'CONFIRMED', attempt: 'CAPTURED' });
    books.inStock(order.id, 'COMMITTED');
    const unpaid = await books.refunded('CANCELLED', { paid: false });
    expect(await books.driftsOf(order.attemptId)).toMatchObject([{ kind: 'charge-unknown-there' }]);
    expect(await books.driftsOf(unpaid.attemptId)).toMatchObject([{ kind: 'refund-unknown-there' }]);
  });

  test('when money was paid back a moment ago, then the ledger may have been read before, and it is not drift', async () => {
    const { attemptId } = await books.refunded('CANCELLED', { paid: false, doneMsAgo: 1000 });
    expect(await books.driftsOf(attemptId)).toEqual([]);
  });
});

describe('mending', () => {
  const mendAll = async () => {
    for (const drift of await books.drifts()) await books.shop.app.get(MendDrift).execute(drift);
  };

  test('when an event must have been missed, then it is sent again, and nothing else happens to the order', async () => {
    const sold = await books.paidOrder('CONFIRMED');
    books.inStock(sold.id, 'RESERVED');
    const cancelled = await anOrder(books.shop.database, { ...OLD, status: 'CANCELLED' });
    books.inStock(cancelled.id, 'RESERVED');
    await mendAll();
    expect(await typesOf(books.shop.database, sold.id)).toEqual(['order.confirmed']);
    expect(await typesOf(books.shop.database, cancelled.id)).toEqual(['order.cancelled']);
    const { order, events } = await recordsOf(books.shop.database, sold.id);
    expect(order).toMatchObject({ status: 'CONFIRMED', version: 1 });
    const lines = [{ productId: 'a-product', quantity: 2 }];
    expect(events).toMatchObject([{ data: { orderId: sold.id, lines }, mandatory: true }]);
  });

  test('when money was kept without a sale, then its refund is opened, once', async () => {
    const { id } = await books.paidOrder('CANCELLED');
    books.inStock(id, 'RESTOCKED');
    await mendAll();
    await mendAll();
    expect((await recordsOf(books.shop.database, id)).refunds).toMatchObject([{ amount: '1400' }]);
  });

  test('when the provider has captured what failed here, then that is recorded, and owed back', async () => {
    const { id } = await anOrder(books.shop.database, { ...OLD, status: 'FAILED', attempt: 'DECLINED', charged: true });
    await mendAll();
    expect(await recordsOf(books.shop.database, id)).toMatchObject({
      order: { status: 'FAILED' },
      attempts: [{ status: 'CAPTURED' }],
      refunds: [{ amount: '1400' }],
    });
  });

  test('when a captured payment was not applied, then its order is confirmed', async () => {
    const { id } = await books.paidOrder('PAYING');
    books.inStock(id, 'RESERVED');
    await mendAll();
    expect(await recordsOf(books.shop.database, id)).toMatchObject({ order: { status: 'CONFIRMED' }, refunds: [] });
  });

  test('when only a person can decide, then nothing is touched', async () => {
    const sold = await books.paidOrder('CONFIRMED');
    books.inStock(sold.id, 'RELEASED');
    books.inStock(randomUUID(), 'COMMITTED');
    books.levels('lamp', { available: 8 });
    const before = await recordsOf(books.shop.database, sold.id);
    await mendAll();
    expect(await recordsOf(books.shop.database, sold.id)).toEqual(before);
  });
});
