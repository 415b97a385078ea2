import { asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import type { PaymentOutcome } from '../src/payments/payment-provider';
import { placed, recordsOf, statusOf } from './builders';
import { startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop();
});
afterEach(() => {
  shop.provider.instead = {};
});
afterAll(() => shop.close());

const cancel = (id: string, userId: string) =>
  asUser(userId, () => shop.orders.cancelOrder({ id }, { timeoutMs: 4000 }));

/** An order whose card is being asked; the provider answers when the test says so. */
async function beingPaid() {
  let answer: (outcome?: PaymentOutcome) => void = () => undefined;
  const answered = new Promise<PaymentOutcome | undefined>((resolve) => (answer = resolve));
  shop.provider.instead.charge = async (really) => (await answered) ?? really();
  const order = await placed(shop, { waitMs: 0 });
  await eventually(async () => expect(await statusOf(shop.database, order.id)).toBe('PAYING'));
  return { ...order, answer };
}

describe('cancelling an order that is being paid', () => {
  test('when the payment succeeds meanwhile, then it is cancelled, and the money is owed back', async () => {
    const { id, userId, answer } = await beingPaid();
    const cancelled = cancel(id, userId);
    answer();
    expect(await cancelled).toMatchObject({ status: 'cancelled', payment: { status: 'refund_pending' } });
    const { refunds, events } = await recordsOf(shop.database, id);
    expect(refunds).toMatchObject([{ amount: '1250' }]);
    const types = events.map(({ type }) => type).filter((type) => type !== 'order.status_updated');
    expect(types).toEqual(['order.created', 'order.confirmed', 'order.cancelled']);
  });

  test('when the payment is declined meanwhile, then it has failed and cannot be cancelled', async () => {
    const { id, userId, answer } = await beingPaid();
    const cancelled = cancel(id, userId);
    answer({ status: 'declined' });
    await expect(cancelled).rejects.toMatchObject({ reason: 'ORDER_NOT_CANCELLABLE', retryAfterMs: undefined });
    expect((await recordsOf(shop.database, id)).refunds).toEqual([]);
  });
});

describe('cancelling an order that was paid', () => {
  test('when it is cancelled five times at once, then all get the same answer, and the money goes back once', async () => {
    const { id, userId } = await placed(shop);
    const answers = await Promise.all(Array.from({ length: 5 }, () => cancel(id, userId)));
    expect(new Set(answers.map(({ status, updatedAt }) => `${status} ${updatedAt}`)).size).toBe(1);
    await eventually(async () => expect((await recordsOf(shop.database, id)).paidBack).toEqual([{ amount: '1250' }]));
    const { refunds, events } = await recordsOf(shop.database, id);
    expect(refunds).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'order.cancelled')).toHaveLength(1);
  });

  test('when it is cancelled and shipped at once, then one of the two happens', async () => {
    const { id, userId } = await placed(shop);
    const ship = asAdmin(() => shop.orders.updateOrderStatus({ id, status: 'shipped' }));
    const [shipped, cancelled] = await Promise.allSettled([ship, cancel(id, userId)]);
    expect([shipped.status, cancelled.status].sort()).toEqual(['fulfilled', 'rejected']);
    const { order, refunds } = await recordsOf(shop.database, id);
    expect([order.status, refunds.length]).toEqual(shipped.status === 'fulfilled' ? ['SHIPPED', 0] : ['CANCELLED', 1]);
  });

  test.each([
    ['the refund', 'refunds', 'CHECK (amount < 0)'],
    ['the event', 'outbox', `CHECK (type <> 'order.cancelled')`],
  ])('when %s cannot be written, then the order stays as it was', async (_what, table, refusal) => {
    const { id, userId } = await placed(shop);
    const before = await recordsOf(shop.database, id);
    await shop.database.query(`ALTER TABLE ${table} ADD CONSTRAINT no_room ${refusal} NOT VALID`);
    try {
      await expect(cancel(id, userId)).rejects.toMatchObject({ reason: 'INTERNAL' });
    } finally {
      await shop.database.query(`ALTER TABLE ${table} DROP CONSTRAINT no_room`);
    }
    expect(await recordsOf(shop.database, id)).toEqual(before);
    expect(await cancel(id, userId)).toMatchObject({ status: 'cancelled' });
  });

  test.each(['not-an-id', '00000000-0000-4000-8000-000000000000', "' OR true --"])(
    'when the id is %s, then NOT_FOUND',
    async (id) => {
      await expect(cancel(id, 'somebody')).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    },
  );
});
