import { randomUUID } from 'node:crypto';
import { BadMessageError } from '@shop/service-kit';
import { asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import type { OrderStatus } from '../src/orders/order-process';
import { ApplyOutcome } from '../src/payments/apply-outcome';
import { PayOrder } from '../src/payments/pay-order';
import { anOrder, pending, recordsOf, referenceOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  // Whatever happens here happens because a test did it.
  shop = await startShop({ SAGA_RECOVERY_INTERVAL: 3_600_000 });
});
afterAll(() => shop.close());

type Order = Awaited<ReturnType<typeof anOrder>>;

const SHORTAGES = [{ productId: 'a-product', requested: 2, available: 1 }];

const EVENTS = {
  'stock.reserved': ({ id }: Order) => shop.bus.deliver(aStockEvent('stock.reserved', id)),
  'stock.rejected': ({ id }: Order) => shop.bus.deliver(aStockEvent('stock.rejected', id, { shortages: SHORTAGES })),
  'paying begins': ({ id }: Order) => shop.app.get(PayOrder).execute(id),
  captured: ({ attemptId }: Order) =>
    shop.app.get(ApplyOutcome).execute(attemptId, { status: 'captured', reference: referenceOf(attemptId) }),
  declined: ({ attemptId }: Order) => shop.app.get(ApplyOutcome).execute(attemptId, { status: 'declined' }),
  cancelled: ({ id, userId }: Order) => asUser(userId, () => shop.orders.cancelOrder({ id }, { timeoutMs: 4000 })),
  shipped: ({ id }: Order) => asAdmin(() => shop.orders.updateOrderStatus({ id, status: 'shipped' })),
  delivered: ({ id }: Order) => asAdmin(() => shop.orders.updateOrderStatus({ id, status: 'delivered' })),
} satisfies Record<string, (order: Order) => Promise<unknown>>;

type Event = keyof typeof EVENTS;

const ATTEMPTS: Partial<Record<OrderStatus, 'STARTED' | 'CAPTURED' | 'DECLINED'>> = {
  PAYING: 'STARTED',
  CONFIRMED: 'CAPTURED',
  SHIPPED: 'CAPTURED',
  DELIVERED: 'CAPTURED',
  FAILED: 'DECLINED',
};

const told = 'order.status_updated';

interface Row {
  readonly from: OrderStatus;
  readonly on: Event;
  readonly to: OrderStatus;
  readonly events: readonly string[];
  readonly attempts?: readonly string[];
  readonly refunds?: number;
}

/** The rows of the table of moves. Whatever is not here changes nothing. */
const TABLE: readonly Row[] = [
  // Reserved stock is paid for at once, here by a card that is good.
  { from: 'PENDING', on: 'stock.reserved', to: 'CONFIRMED', events: ['order.confirmed', told], attempts: ['CAPTURED'] },
  { from: 'PENDING', on: 'stock.rejected', to: 'FAILED', events: [told] },
  { from: 'PENDING', on: 'cancelled', to: 'CANCELLED', events: ['order.cancelled', told] },
  { from: 'RESERVED', on: 'paying begins', to: 'CONFIRMED', events: ['order.confirmed', told], attempts: ['CAPTURED'] },
  { from: 'RESERVED', on: 'cancelled', to: 'CANCELLED', events: ['order.cancelled', told] },
  { from: 'PAYING', on: 'captured', to: 'CONFIRMED', events: ['order.confirmed', told], attempts: ['CAPTURED'] },
  { from: 'PAYING', on: 'declined', to: 'FAILED', events: ['order.cancelled', told], attempts: ['DECLINED'] },
  {
    from: 'CONFIRMED',
    on: 'cancelled',
    to: 'CANCELLED',
    events: ['order.cancelled', told],
    attempts: ['CAPTURED'],
    refunds: 1,
  },
  { from: 'CONFIRMED', on: 'shipped', to: 'SHIPPED', events: [told], attempts: ['CAPTURED'] },
  { from: 'SHIPPED', on: 'delivered', to: 'DELIVERED', events: [told], attempts: ['CAPTURED'] },
  // Money that comes for an order which no longer waits for it goes back.
  { from: 'FAILED', on: 'captured', to: 'FAILED', events: [], attempts: ['CAPTURED'], refunds: 1 },
];

const STATUSES: OrderStatus[] = [
  'PENDING',
  'RESERVED',
  'PAYING',
  'CONFIRMED',
  'SHIPPED',
  'DELIVERED',
  'FAILED',
  'CANCELLED',
];

const isInTable = (from: OrderStatus, on: Event) => TABLE.some((row) => row.from === from && row.on === on);
const OTHERS = (Object.keys(EVENTS) as Event[]).flatMap((on) =>
  STATUSES.filter((from) => !isInTable(from, on)).map((from) => [from, on] as const),
);

const inState = (status: OrderStatus) => anOrder(shop.database, { status, attempt: ATTEMPTS[status] });

/** What a refused call says; events are acknowledged and say nothing. */
const REFUSALS: Partial<Record<Event, string>> = {
  cancelled: 'ORDER_NOT_CANCELLABLE',
  shipped: 'ILLEGAL_TRANSITION',
  delivered: 'ILLEGAL_TRANSITION',
};

describe('every move of the table', () => {
  test.each(TABLE)(
    'when an order is $from and $on comes, then it is $to, and coming again changes nothing',
    async (row) => {
      const order = await inState(row.from);

      await EVENTS[row.on](order);

      await eventually(async () => expect(await statusOf(shop.database, order.id)).toBe(row.to));
      const after = await recordsOf(shop.database, order.id);
      expect(after.events.map(({ type }) => type)).toEqual(row.events);
      expect(after.attempts.map(({ status }) => status)).toEqual(row.attempts ?? []);
      expect(after.refunds).toHaveLength(row.refunds ?? 0);
      expect(after.order.history.at(-1)?.status).toBe(row.to);

      await EVENTS[row.on](order).catch(() => undefined);
      expect(await recordsOf(shop.database, order.id)).toEqual(after);
    },
  );

  test.each(OTHERS)('when an order is %s and %s comes, then nothing changes', async (from, on) => {
    const order = await inState(from);
    const before = await recordsOf(shop.database, order.id);

    const refusal = from === 'CANCELLED' && on === 'cancelled' ? undefined : REFUSALS[on];
    const answer = EVENTS[on](order);

    if (refusal) await expect(answer).rejects.toMatchObject({ reason: refusal });
    else await answer;
    expect(await recordsOf(shop.database, order.id)).toEqual(before);
  });

  test('when an order fails or ends, then its history says why', async () => {
    const reasonAfter = async (from: OrderStatus, on: Event) => {
      const order = await inState(from);
      await EVENTS[on](order);
      return (await recordsOf(shop.database, order.id)).order.history.at(-1)?.reason;
    };
    expect(await reasonAfter('PENDING', 'stock.rejected')).toBe('OUT_OF_STOCK');
    expect(await reasonAfter('PAYING', 'declined')).toBe('PAYMENT_DECLINED');
    expect(await reasonAfter('RESERVED', 'cancelled')).toBe('CANCELLED_BY_CUSTOMER');
  });

  test('when stock is reserved, then it is kept for 15 minutes', async () => {
    const { id } = await pending(shop);
    await shop.bus.deliver(aStockEvent('stock.reserved', id));
    const [row] = await shop.database.query(
      `SELECT extract(epoch FROM expires_at - (history->1->>'at')::timestamptz)::int AS s FROM orders WHERE id = $1`,
      [id],
    );
    expect(row.s).toBe(900);
  });

  test('when the reservation has run out, then nobody pays for it', async () => {
    const { id } = await anOrder(shop.database, { status: 'RESERVED', expiresInMs: -1 });
    await shop.app.get(PayOrder).execute(id);
    expect(await recordsOf(shop.database, id)).toMatchObject({ order: { status: 'RESERVED' }, attempts: [] });
  });
});

describe('events that come badly', () => {
  test('when every event comes three times at once, then each has its effect once', async () => {
    const { id } = await pending(shop);
    const thrice = (type: 'stock.reserved' | 'stock.rejected') =>
      Promise.all([1, 2, 3].map(() => shop.bus.deliver(aStockEvent(type, id))));
    await thrice('stock.reserved');
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CONFIRMED'));
    await thrice('stock.rejected');
    const { attempts, ledger, events } = await recordsOf(shop.database, id);
    expect(attempts).toHaveLength(1);
    expect(ledger).toHaveLength(1);
    expect(events.map(({ type }) => type)).toEqual(['order.created', 'order.confirmed', told]);
  });

  test('when opposite outcomes of one payment come at once, then one of them counts', async () => {
    const order = await inState('PAYING');
    await Promise.all([EVENTS.declined(order), EVENTS.captured(order), EVENTS.captured(order), EVENTS.declined(order)]);
    const { order: row, attempts, refunds } = await recordsOf(shop.database, order.id);
    expect(attempts).toMatchObject([{ status: 'CAPTURED' }]);
    // Either it was paid in time, or the money that came too late goes back.
    expect([row.status, refunds.length]).toEqual(row.status === 'CONFIRMED' ? ['CONFIRMED', 0] : ['FAILED', 1]);
  });

  test('when the order is one that nobody knows, then the event is done with', async () => {
    await shop.bus.deliver(aStockEvent('stock.reserved', randomUUID()));
    await shop.bus.deliver(aStockEvent('stock.rejected', randomUUID()));
  });

  test.each(['stock.reserved', 'stock.rejected'] as const)(
    'when %s names no order, then it is a bad message',
    async (type) => {
      await expect(shop.bus.deliver(aStockEvent(type, `not-an-id`))).rejects.toThrow(BadMessageError);
    },
  );

  test('when a payment is slow, then the event that led to it is acknowledged without it', async () => {
    let finish = () => {};
    const gate = new Promise<void>((resolve) => (finish = resolve));
    shop.provider.instead.charge = (really) => gate.then(really);
    const { id } = await pending(shop);
    await shop.bus.deliver(aStockEvent('stock.reserved', id));
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('PAYING'));
    finish();
    shop.provider.instead = {};
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CONFIRMED'));
  });
});
