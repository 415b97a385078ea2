import { AN_ADMIN, asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import { ApplyOutcome } from '../src/payments/apply-outcome';
import { anOrder, inOrder, pending, placed, recordsOf, referenceOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { startShop, type TestShop } from './support';

const QUICK = { SAGA_RECOVERY_INTERVAL: 50, SAGA_RESERVED_STALE_AFTER: 100, SAGA_STARTED_STALE_AFTER: 400 };
const PATIENT = { ...QUICK, SAGA_PAYMENT_TIMEOUT: 300 };

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop(PATIENT);
});
afterEach(() => {
  shop.provider.instead = {};
});
afterAll(() => shop.close());

const records = (id: string) => recordsOf(shop.database, id);
const becomes = (id: string, status: string) =>
  eventually(async () => expect(await statusOf(shop.database, id)).toBe(status));
const refunded = (id: string) =>
  eventually(async () => expect((await records(id)).refunds).toMatchObject([{ done_at: expect.any(Date) }]));

describe('a payment', () => {
  test('when the card is asked, then its attempt is on disk already', async () => {
    const seen: unknown[] = [];
    shop.provider.instead.charge = async (really, { key }) => {
      seen.push(await shop.database.query('SELECT status FROM payment_attempts WHERE id = $1', [key]));
      return really();
    };
    await placed(shop);
    expect(seen[0]).toEqual([{ status: 'STARTED' }]);
  });

  test('when the answer is lost after the charge, then the same key is asked again and the card is charged once', async () => {
    let lost = false;
    shop.provider.instead.charge = async (really) => {
      const answer = await really();
      if (lost) return answer;
      lost = true;
      throw new Error('connection reset');
    };
    const { id } = await placed(shop, { waitMs: 0 });
    await becomes(id, 'CONFIRMED');
    const { attempts, ledger } = await records(id);
    expect(attempts).toMatchObject([{ status: 'CAPTURED' }]);
    expect(attempts[0]?.tries).toBeGreaterThanOrEqual(2);
    expect(ledger).toEqual([{ amount: '1250', outcome: 'captured' }]);
  });

  test('when it never answers, then it is looked up, voided and declined, and a later charge of it is impossible', async () => {
    const { id } = await placed(shop, { waitMs: 0, paymentMethod: 'pm_card_unreachable' });
    await becomes(id, 'FAILED');
    const { attempts, ledger, events } = await records(id);
    expect(attempts).toMatchObject([{ status: 'DECLINED' }]);
    expect(ledger).toEqual([{ amount: '1250', outcome: 'voided' }]);
    expect(events.map(({ type }) => type)).toContain('order.cancelled');
    const [{ id: key = '' } = {}] = attempts;
    const asked = shop.provider.askedAbout(key);
    expect(inOrder(asked)).toEqual(['charge', 'lookUp', 'void']);
    expect(asked.filter((what) => what === 'charge')).toHaveLength(3);
    const late = { key, amount: 1250, currency: 'USD', method: 'pm_card_visa', startedAt: Date.now() };
    expect(await shop.provider.charge(late)).toEqual({ status: 'declined' });
  });

  test('when it takes longer than its patience, then it counts as unknown, and its late answer is found', async () => {
    let slow = true;
    shop.provider.instead.charge = async (really) => {
      if (slow) await new Promise((resolve) => setTimeout(resolve, 600));
      slow = false;
      return really();
    };
    const { id } = await placed(shop, { waitMs: 0 });
    await becomes(id, 'CONFIRMED');
    expect((await records(id)).ledger).toHaveLength(1);
  });

  test('when money comes after the order has failed, then it is paid back', async () => {
    shop.provider.instead.charge = () => Promise.resolve({ status: 'declined' });
    const { id, attemptId } = await anOrder(shop.database, { status: 'PAYING', attempt: 'UNKNOWN', ageMs: 1000 });
    await becomes(id, 'FAILED');
    shop.provider.instead = {};
    const late = { key: attemptId, amount: 1400, currency: 'USD', method: 'pm_card_visa', startedAt: Date.now() };
    await shop.provider.charge(late);
    await shop.app.get(ApplyOutcome).execute(attemptId, { status: 'captured', reference: referenceOf(attemptId) });
    await refunded(id);
    expect((await records(id)).paidBack).toEqual([{ amount: '1400' }]);
    expect(await statusOf(shop.database, id)).toBe('FAILED');
  });
});

describe('what a dead process left', () => {
  test.each([
    ['a reserved order that nobody pays', { status: 'RESERVED', ageMs: 500 }],
    ['a payment that was begun and not made', { status: 'PAYING', attempt: 'STARTED', ageMs: 2000 }],
    [
      'a payment that was made and not written down',
      { status: 'PAYING', attempt: 'STARTED', ageMs: 2000, charged: true },
    ],
    ['a payment of which nobody knows', { status: 'PAYING', attempt: 'UNKNOWN', ageMs: 500 }],
  ] as const)('when it is %s, then the order is confirmed and the card charged once', async (_what, left) => {
    const { id } = await anOrder(shop.database, left);
    await becomes(id, 'CONFIRMED');
    const { attempts, ledger } = await records(id);
    expect(attempts).toMatchObject([{ status: 'CAPTURED' }]);
    expect(ledger).toEqual([{ amount: '1400', outcome: 'captured' }]);
  });

  test('when two processes find the same orders, then no card is charged twice', async () => {
    const other = await shop.startReplica();
    const left = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        anOrder(shop.database, {
          status: index % 2 ? 'RESERVED' : 'PAYING',
          attempt: index % 2 ? undefined : 'UNKNOWN',
          ageMs: 900,
        }),
      ),
    );
    for (const { id } of left) await becomes(id, 'CONFIRMED');
    for (const { id } of left) expect((await records(id)).ledger).toHaveLength(1);
    await other.stop();
  });

  test('when a reservation has run out, then the order is cancelled and stock told', async () => {
    const { id } = await anOrder(shop.database, { status: 'RESERVED', expiresInMs: -1 });
    await becomes(id, 'CANCELLED');
    const { order, events, attempts } = await records(id);
    expect(order.history.at(-1)).toMatchObject({ reason: 'RESERVATION_EXPIRED' });
    expect(events.map(({ type }) => type)).toContain('order.cancelled');
    expect(attempts).toEqual([]);
  });
});

describe('cancelling', () => {
  const cancel = (id: string, userId: string) =>
    asUser(userId, () => shop.orders.cancelOrder({ id }, { timeoutMs: 4000 }));

  test('when it was paid, then the money goes back once, with one key, however often the refund has to be tried', async () => {
    const { id, userId } = await placed(shop);
    let failures = 2;
    shop.provider.instead.refund = (really) => (failures-- > 0 ? Promise.reject(new Error('away')) : really());
    expect(await cancel(id, userId)).toMatchObject({ status: 'cancelled', payment: { status: 'refund_pending' } });
    await refunded(id);
    const { paidBack, refunds } = await records(id);
    expect(paidBack).toEqual([{ amount: '1250' }]);
    expect(shop.provider.askedAbout(refunds[0]?.id ?? '').length).toBeGreaterThanOrEqual(3);
    expect(await cancel(id, userId)).toMatchObject({ status: 'cancelled', payment: { status: 'refunded' } });
  });

  test('when stock has not answered yet, then it is cancelled, and a late reservation changes nothing', async () => {
    const { id, userId } = await pending(shop);
    expect(await cancel(id, userId)).toMatchObject({ status: 'cancelled', payment: { status: 'pending' } });
    await shop.bus.deliver(aStockEvent('stock.reserved', id));
    expect(await statusOf(shop.database, id)).toBe('CANCELLED');
    expect((await records(id)).attempts).toEqual([]);
  });

  test("when it is somebody else's, then NOT_FOUND, but an admin may, and the history says who did", async () => {
    const { id, userId } = await placed(shop);
    await expect(cancel(id, 'somebody-else')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await expect(asUser('somebody-else', () => shop.orders.getOrder({ id }))).rejects.toMatchObject({
      reason: 'NOT_FOUND',
    });
    const cancelled = await asAdmin(() => shop.orders.cancelOrder({ id }));
    expect(cancelled).toMatchObject({
      status: 'cancelled',
      history: [{ by: userId }, { by: '' }, { reason: 'CANCELLED_BY_ADMIN', by: AN_ADMIN }],
    });
  });

  test('when it has been shipped, then it is too late', async () => {
    const { id, userId } = await placed(shop);
    await asAdmin(() => shop.orders.updateOrderStatus({ id, status: 'shipped' }));
    await expect(cancel(id, userId)).rejects.toMatchObject({ reason: 'ORDER_NOT_CANCELLABLE' });
    await expect(asAdmin(() => shop.orders.updateOrderStatus({ id, status: 'shipped' }))).rejects.toMatchObject({
      reason: 'ILLEGAL_TRANSITION',
    });
  });
});

describe('a provider that takes its time', () => {
  let slow: TestShop;
  beforeAll(async () => {
    slow = await startShop();
  });
  afterAll(() => slow.close());

  test('when an order is being paid, then it is ORDER_NOT_CANCELLABLE, with a time to try again, and goes on', async () => {
    let answer: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => {
      slow.provider.instead.charge = async (really) => {
        resolve();
        await new Promise<void>((go) => (answer = go));
        return really();
      };
    });
    const { id, userId } = await placed(slow, { waitMs: 0 });
    await asked;
    const cancelled = asUser(userId, () => slow.orders.cancelOrder({ id }, { timeoutMs: 4000 }));
    await expect(cancelled).rejects.toMatchObject({ reason: 'ORDER_NOT_CANCELLABLE', retryAfterMs: 2000 });
    answer();
    await eventually(async () => expect(await statusOf(slow.database, id)).toBe('CONFIRMED'));
  });
});
