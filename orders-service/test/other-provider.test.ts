import type { Logger } from '@shop/service-kit';
import { asUser, eventually } from '@shop/service-kit/testing';
import type { PaymentProvider } from '../src/payments/payment-provider';
import { WarnOfOtherProviders } from '../src/payments/warn-of-other-providers';
import { anOrder, recordsOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { startShop, type TestShop } from './support';

const QUICK = { SAGA_RECOVERY_INTERVAL: 50, SAGA_RESERVED_STALE_AFTER: 100, SAGA_STARTED_STALE_AFTER: 400 };
const LEFT = [
  { status: 'RESERVED', ageMs: 2000 },
  { status: 'PAYING', attempt: 'STARTED', ageMs: 2000 },
  { status: 'PAYING', attempt: 'UNKNOWN', ageMs: 2000 },
] as const;

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop({ ...QUICK, SAGA_PAYMENT_TIMEOUT: 300 });
});
afterAll(() => shop.close());

describe('what another payment provider was chosen for', () => {
  test('when payments were left by a dead process, then this one is not asked about them, and is about its own', async () => {
    const others = [];
    for (const left of LEFT) others.push(await anOrder(shop.database, { ...left, provider: 'stripe' }));
    const own = [];
    for (const left of LEFT) own.push(await anOrder(shop.database, left));
    for (const { id } of own) await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CONFIRMED'));
    expect(await Promise.all(others.map(({ id }) => statusOf(shop.database, id)))).toEqual(
      LEFT.map(({ status }) => status),
    );
    for (const { attemptId } of others) expect(shop.provider.askedAbout(attemptId)).toEqual([]);
  });

  test('when more of its orders wait than are looked at together, then ours are paid all the same', async () => {
    const left = { status: 'RESERVED', ageMs: 60_000 } as const;
    for (let i = 0; i < 100; i++) await anOrder(shop.database, { ...left, provider: 'stripe' });
    const own = await anOrder(shop.database, { ...left, ageMs: 2000 });
    await eventually(async () => expect(await statusOf(shop.database, own.id)).toBe('CONFIRMED'));
  });

  test('when stock is reserved for an order, then this one is not asked to pay it, and the order ends with its reservation', async () => {
    const { id } = await anOrder(shop.database, { provider: 'stripe' });
    await shop.bus.deliver(aStockEvent('stock.reserved', id));
    const own = await anOrder(shop.database);
    await shop.bus.deliver(aStockEvent('stock.reserved', own.id));
    await eventually(async () => expect(await statusOf(shop.database, own.id)).toBe('CONFIRMED'));
    expect(await recordsOf(shop.database, id)).toMatchObject({ order: { status: 'RESERVED' }, attempts: [] });
    await shop.database.query('UPDATE orders SET expires_at = now() WHERE id = $1', [id]);
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CANCELLED'));
  });

  test('when an order is cancelled, then its refund waits for its own provider, and a warning tells', async () => {
    const paid = { status: 'CONFIRMED', attempt: 'CAPTURED', charged: true } as const;
    const { id, userId } = await anOrder(shop.database, { ...paid, provider: 'stripe' });
    const own = await anOrder(shop.database, paid);
    const cancel = (order: { id: string; userId: string }) =>
      asUser(order.userId, () => shop.orders.cancelOrder({ id: order.id }, { timeoutMs: 4000 }));
    await cancel({ id, userId });
    await cancel(own);
    await eventually(async () => expect((await recordsOf(shop.database, own.id)).paidBack).toHaveLength(1));
    const { refunds } = await recordsOf(shop.database, id);
    expect(refunds).toMatchObject([{ done_at: null }]);
    expect(shop.provider.askedAbout(refunds[0]!.id)).toEqual([]);

    const warn = jest.fn();
    const look = new WarnOfOtherProviders(shop.database, shop.provider, { warn } as unknown as Logger);
    await look.once();
    await look.once();
    expect(warn.mock.calls).toEqual([
      [
        expect.objectContaining({ provider: 'stripe', refunds: 1 }),
        expect.stringContaining('another payment provider'),
      ],
    ]);
    const none = jest.fn();
    const name = { name: 'stripe' } as PaymentProvider;
    await new WarnOfOtherProviders(shop.database, name, { warn: none } as unknown as Logger).once();
    expect(none).not.toHaveBeenCalled();
  });
});
