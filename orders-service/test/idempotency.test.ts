import { randomUUID } from 'node:crypto';
import type { orders } from '@shop/proto';
import { asUser, eventually } from '@shop/service-kit/testing';
import { IdempotencyKeys } from '../src/orders/idempotency-keys';
import { WaitForOutcome } from '../src/orders/wait-for-outcome';
import { aRequest, anAddress, place, recordsOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { type Replica, startShop, type TestShop } from './support';

let shop: TestShop;
let second: Replica;

beforeAll(async () => {
  shop = await startShop();
  second = await shop.startReplica();
});
afterAll(() => shop.close());

const keyed = (changes: Partial<orders.PlaceOrderRequest> = {}) =>
  aRequest(shop, { idempotencyKey: randomUUID(), ...changes });
const ordersOf = async (userId: string) =>
  (await shop.database.query<{ id: string }[]>('SELECT id FROM orders WHERE user_id = $1', [userId])).map(
    ({ id }) => id,
  );

describe('a request that is sent again', () => {
  test('when 50 equal ones come at once, then there is one order and one charge, and all say the same', async () => {
    const request = keyed();
    const replicas = [shop, second];
    const answers = await Promise.allSettled(Array.from({ length: 50 }, (_, n) => place(request, replicas[n % 2]!)));

    const [id] = await ordersOf(request.userId);
    expect(await ordersOf(request.userId)).toHaveLength(1);
    const bodies = new Set<string>();
    for (const answer of answers) {
      // A slow machine may let the deadline of a call pass, or somebody's patience.
      if (answer.status === 'rejected') expect(answer.reason.reason).toMatch(/^(REQUEST_IN_PROGRESS|UNAVAILABLE)$/);
      else if (answer.value.outcome === 'pending') expect(answer.value.order?.id).toBe(id);
      else bodies.add(JSON.stringify([answer.value.outcome, answer.value.order]));
    }
    expect(bodies.size).toBe(1);
    await eventually(async () => expect(await statusOf(shop.database, id!)).toBe('CONFIRMED'));
    const { attempts, ledger, events } = await recordsOf(shop.database, id!);
    expect(attempts).toHaveLength(1);
    expect(ledger).toEqual([{ amount: '1250', outcome: 'captured' }]);
    expect(events.filter(({ type }) => type === 'order.created')).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(1);
  });

  test.each([
    ['is confirmed', {}],
    ['was declined', { paymentMethod: 'pm_card_visa_chargeDeclined' }],
  ])('when its order %s, then the stored answer is given, marked as such', async (_what, changes) => {
    const request = keyed(changes);
    const first = await place(request, shop);
    expect(await place(request, second)).toEqual({ ...first, replayed: true });
  });

  test('when its order found no stock, then the shortages are given again', async () => {
    const request = keyed({ items: [{ productId: shop.catalogue.add({ stock: 'none' }), quantity: 2 }] });
    const first = await place(request, shop);
    expect(first.shortages).toHaveLength(1);
    expect(await place(request, shop)).toEqual({ ...first, replayed: true });
  });

  test('when its order was cancelled since, then the answer is still the first one', async () => {
    const request = keyed();
    const first = await place(request, shop);
    await asUser(request.userId, () => shop.orders.cancelOrder({ id: first.order!.id }));
    await eventually(async () => expect((await recordsOf(shop.database, first.order!.id)).paidBack).toHaveLength(1));
    expect(await place(request, shop)).toEqual({ ...first, replayed: true });
    expect(first).toMatchObject({
      outcome: 'confirmed',
      order: { status: 'confirmed', payment: { status: 'captured' } },
    });
  });

  test.each([
    ['the first request', false],
    ['its replay', true],
  ])('when the order is cancelled just before %s is answered, then it too says confirmed', async (_who, replayed) => {
    const productId = shop.catalogue.add({ stock: 'silent' });
    const request = keyed({ items: [{ productId, quantity: 1 }] });
    if (replayed) await place({ ...request, waitMs: 0 }, shop);
    const waiter = shop.app.get(WaitForOutcome);
    const settled = waiter.settled.bind(waiter);
    const lateReader = jest.spyOn(waiter, 'settled').mockImplementation(async (id, giveUpAt) => {
      await settled(id, giveUpAt);
      await asUser(request.userId, () => second.orders.cancelOrder({ id }));
    });

    const answer = place(request, shop);
    await eventually(() => lateReader.mock.calls.length > 0);
    await shop.bus.deliver(aStockEvent('stock.reserved', (await ordersOf(request.userId))[0]!));

    expect(await answer).toMatchObject({ outcome: 'confirmed', order: { status: 'confirmed' }, replayed });
    lateReader.mockRestore();
    expect(await place(request, shop)).toEqual({ ...(await answer), replayed: true });
  });

  test('when its order is not final, then it waits, and answers with the same pending order', async () => {
    const productId = shop.catalogue.add({ stock: 'silent' });
    const request = keyed({ items: [{ productId, quantity: 1 }], waitMs: 0 });
    const first = await place(request, shop);
    const startedAt = Date.now();
    const again = await place({ ...request, waitMs: 400 }, shop);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(390);
    expect(again).toMatchObject({ outcome: 'pending', order: { id: first.order!.id } });
  });

  test('when the lines are said in another order, then it is the same request', async () => {
    const items = [shop.catalogue.add(), shop.catalogue.add()].map((productId) => ({ productId, quantity: 1 }));
    const request = keyed({ items });
    const first = await place(request, shop);
    expect(await place({ ...request, items: [...items].reverse() }, shop)).toEqual({ ...first, replayed: true });
  });

  test('when it has no key, then it is another order', async () => {
    const request = aRequest(shop);
    await place(request, shop);
    await place(request, shop);
    expect(await ordersOf(request.userId)).toHaveLength(2);
  });

  test('when a day has passed, then the key is free again', async () => {
    const request = keyed();
    const keep = async (age: string) => {
      await shop.database.query('UPDATE idempotency_keys SET created_at = now() - $2::interval WHERE key = $1', [
        request.idempotencyKey,
        age,
      ]);
      await shop.app.get(IdempotencyKeys)['forgetOld']();
    };
    const first = await place(request, shop);
    await keep('23 hours 59 minutes');
    expect(await place(request, shop)).toEqual({ ...first, replayed: true });
    await keep('24 hours 1 minute');
    expect((await place(request, shop)).order!.id).not.toBe(first.order!.id);
  });
});

describe('the same key', () => {
  test.each<[string, (request: orders.PlaceOrderRequest) => Partial<orders.PlaceOrderRequest>]>([
    ['another quantity', ({ items }) => ({ items: items.map((line) => ({ ...line, quantity: 2 })) })],
    ['another product', () => ({ items: [{ productId: shop.catalogue.add(), quantity: 1 }] })],
    ['another card', () => ({ paymentMethod: 'pm_card_slow' })],
    ['another address', () => ({ shippingAddress: anAddress({ line1: '2 Engine St' }) })],
  ])('when it comes with %s, then IDEMPOTENCY_KEY_REUSED', async (_what, change) => {
    const request = keyed();
    await place(request, shop);
    await expect(place({ ...request, ...change(request) }, shop)).rejects.toMatchObject({
      reason: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await ordersOf(request.userId)).toHaveLength(1);
  });

  test('when another user sends it, then it is theirs', async () => {
    const request = keyed();
    const first = await place(request, shop);
    const other = await place({ ...request, userId: 'another-user' }, shop);
    expect(other).toMatchObject({ replayed: false, order: { userId: 'another-user' } });
    expect(other.order!.id).not.toBe(first.order!.id);
  });

  test('when another request is just writing it, then REQUEST_IN_PROGRESS, and it is free if that one fails', async () => {
    const request = keyed();
    const writer = shop.database.createQueryRunner();
    await writer.startTransaction();
    await writer.query(`INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id) VALUES ($1, $2, '', $3)`, [
      request.userId,
      request.idempotencyKey,
      randomUUID(),
    ]);
    await expect(place(request, shop)).rejects.toMatchObject({ reason: 'REQUEST_IN_PROGRESS', retryAfterMs: 1000 });
    await writer.rollbackTransaction();
    await writer.release();
    expect(await place(request, shop)).toMatchObject({ outcome: 'confirmed', replayed: false });
  });

  test('when the request was refused before, then the corrected one may use it', async () => {
    const request = keyed();
    await expect(place({ ...request, paymentMethod: 'pm_none' }, shop)).rejects.toMatchObject({
      reason: 'VALIDATION_FAILED',
    });
    const nowhere = [{ productId: 'nowhere', quantity: 1 }];
    await expect(place({ ...request, items: nowhere }, shop)).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });
    expect(await place(request, shop)).toMatchObject({ outcome: 'confirmed', replayed: false });
  });
});

describe('when products-service can no longer answer', () => {
  test('then a known key still has its answer, and a new one is not kept', async () => {
    const productId = shop.catalogue.add();
    const known = keyed({ items: [{ productId, quantity: 1 }] });
    const unknown = keyed({ items: [{ productId, quantity: 1 }] });
    const first = await place(known, shop);
    shop.catalogue.onSale.delete(productId);
    expect(await place(known, shop)).toEqual({ ...first, replayed: true });
    await expect(place(unknown, shop)).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });

    await shop.products.close();
    expect(await place(known, shop)).toEqual({ ...first, replayed: true });
    await expect(place(unknown, shop)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    const kept = await shop.database.query('SELECT 1 FROM idempotency_keys WHERE key = $1', [unknown.idempotencyKey]);
    expect(kept).toEqual([]);
  });
});
