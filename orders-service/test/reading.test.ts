import { randomUUID } from 'node:crypto';
import type { orders } from '@shop/proto';
import { asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import type { DataSource } from 'typeorm';
import { OrdersRepository } from '../src/orders/orders.repository';
import { anAddress, anOrder, aRequest, pending, place, placed } from './builders';
import { ADDRESSES, startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop({ SAGA_RECOVERY_INTERVAL: 3_600_000 });
});
afterAll(() => shop.close());

const page = (changes: Partial<NonNullable<orders.ListOrdersRequest['page']>>) => ({
  limit: 0,
  cursor: '',
  page: 0,
  ...changes,
});
const list = (userId: string, changes: Partial<orders.ListOrdersRequest> = {}) =>
  asUser(userId, () => shop.orders.listOrders({ page: undefined, userId, status: '', ...changes }));
const listAll = (changes: Partial<orders.ListOrdersRequest> = {}) =>
  asAdmin(() => shop.orders.listOrders({ page: undefined, userId: '', status: '', ...changes }));
const ordersOf = (userId: string) => shop.orders.listOrders({ page: undefined, userId, status: '' });
const idsOf = ({ items }: orders.ListOrdersResponse) => items.map(({ id }) => id);

describe('the list of orders', () => {
  test('when it is read cursor by cursor while orders come in, then each is shown once, newest first', async () => {
    // Two of them at the very same moment: the time alone would not tell where to go on.
    const times = ['01', '02', '02', '03', '04'].map((second) => `2026-01-01T00:00:${second}Z`);
    const made = [];
    for (const createdAt of times) made.push(await anOrder(shop.database, { userId: 'reader', createdAt }));

    const shown: string[] = [];
    let cursor = '';
    do {
      const answer = await list('reader', { page: page({ limit: 2, cursor }) });
      shown.push(...idsOf(answer));
      cursor = answer.page!.nextCursor;
      await anOrder(shop.database, { userId: 'reader' });
    } while (cursor && shown.length < 10);

    expect(new Set(shown)).toEqual(new Set(made.map(({ id }) => id)));
    expect(shown).toHaveLength(5);
    expect([shown[0], shown[1], shown[4]]).toEqual([made[4]!.id, made[3]!.id, made[0]!.id]);
  });

  test('when it is read by page, then the total is told and no page is too far', async () => {
    for (let n = 0; n < 3; n++) await anOrder(shop.database, { userId: 'pager', createdAt: `2026-01-01T00:00:0${n}Z` });
    const pageOf = (number: number) => list('pager', { page: page({ limit: 2, page: number }) });
    const [first, second] = [await pageOf(1), await pageOf(2)];
    expect(first).toMatchObject({ items: [{}, {}], page: { total: 3 } });
    expect(second).toMatchObject({ items: [{}], page: { total: 3, nextCursor: '' } });
    expect(await pageOf(3)).toMatchObject({ items: [], page: { total: 3 } });
    expect(new Set([...idsOf(first), ...idsOf(second)]).size).toBe(3);
  });

  test.each([
    ['pending', ['PENDING', 'RESERVED', 'PAYING']],
    ['confirmed', ['CONFIRMED']],
    ['shipped', ['SHIPPED']],
    ['delivered', ['DELIVERED']],
    ['failed', ['FAILED']],
    ['cancelled', ['CANCELLED']],
  ] as const)('when only %s ones are wanted, then %j are shown', async (status, stored) => {
    const userId = randomUUID();
    const all = ['PENDING', 'RESERVED', 'PAYING', 'CONFIRMED', 'SHIPPED', 'DELIVERED', 'FAILED', 'CANCELLED'] as const;
    const made = await Promise.all(all.map((each) => anOrder(shop.database, { userId, status: each })));
    const expected = made.filter((_, index) => (stored as readonly string[]).includes(all[index]!));
    const answer = await list(userId, { status, page: page({ page: 1 }) });
    expect(new Set(idsOf(answer))).toEqual(new Set(expected.map(({ id }) => id)));
    expect(answer.items.every((order) => order.status === status)).toBe(true);
    expect(answer.page!.total).toBe(stored.length);
  });

  test("when customers read others' or everybody's, then FORBIDDEN; an admin may", async () => {
    const { id, userId } = await anOrder(shop.database);
    await expect(asUser('me', () => ordersOf(userId))).rejects.toMatchObject({ reason: 'FORBIDDEN' });
    await expect(asUser('me', () => ordersOf(''))).rejects.toMatchObject({ reason: 'FORBIDDEN' });
    expect(idsOf(await listAll({ userId }))).toEqual([id]);
    expect(idsOf(await listAll())).toContain(id);
    expect((await listAll({ page: page({ limit: 1 }) })).items).toHaveLength(1);
  });

  test.each([
    ['a page and a cursor', { limit: 1, cursor: 'x', page: 1 }],
    ['a limit above 100', { limit: 101 }],
    ['a negative limit', { limit: -1 }],
    ['a cursor of another kind', { cursor: Buffer.from('["1"]').toString('base64url') }],
    ['a cursor with more than a time', { cursor: Buffer.from(`["x'--","${randomUUID()}"]`).toString('base64url') }],
    ['a cursor that is none', { cursor: '%%%' }],
  ])('when it is asked for with %s, then VALIDATION_FAILED', async (_what, changes) => {
    await expect(list('me', { page: page(changes) })).rejects.toMatchObject({ reason: 'VALIDATION_FAILED' });
  });
});

describe('one order', () => {
  test('when its owner or an admin reads it, then it is shown; anybody else is told that there is none', async () => {
    const order = await placed(shop);
    const get = () => shop.orders.getOrder({ id: order.id });
    expect(await asUser(order.userId, get)).toEqual(order);
    expect(await asAdmin(get)).toEqual(order);
    await expect(asUser('somebody-else', get)).rejects.toMatchObject({ reason: 'NOT_FOUND' });
    await expect(asAdmin(() => shop.orders.getOrder({ id: 'x' }))).rejects.toMatchObject({ reason: 'NOT_FOUND' });
  });
});

describe('when a user has been erased', () => {
  /** What every sealed address begins with. */
  const SEALED = Buffer.from('{"alg"').toString('base64url').slice(0, -1);
  const erase = (userId: string) =>
    shop.bus.deliver({
      id: randomUUID(),
      type: 'user.erased',
      subject: userId,
      time: new Date().toISOString(),
      data: { userId },
    });
  const waitsFor = (statement: string) =>
    eventually(async () => {
      const sql = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1`;
      expect(await shop.database.query(sql, [`%${statement}%`])).toHaveLength(1);
    });
  const onlyWhenItWaitedTooLong = ({ reason }: { reason?: string }) => expect(reason).toBe('UNAVAILABLE');
  const everything = async (userId: string) =>
    JSON.stringify(
      await shop.database.query(
        `SELECT o, k, x FROM orders o LEFT JOIN idempotency_keys k ON k.order_id = o.id
         LEFT JOIN outbox x ON x.subject = o.id::text WHERE o.user_id = $1`,
        [userId],
      ),
    );

  test('then where the goods went is forgotten, in stored answers too; what was bought for how much stays', async () => {
    const request = aRequest(shop, { userId: 'erika', idempotencyKey: 'k' });
    const { order } = await place(request, shop);
    const other = await placed(shop);
    expect(await everything('erika')).toContain(SEALED);

    await erase('erika');
    await erase('erika');

    expect(await everything('erika')).not.toContain(SEALED);
    const [kept] = (await listAll({ userId: 'erika' })).items;
    expect(kept).toEqual({ ...order, shippingAddress: null });
    expect((await place(request, shop)).order).toEqual({ ...order, shippingAddress: null });
    expect(await asUser(other.userId, () => shop.orders.getOrder({ id: other.id }))).toEqual(other);
  });

  test('then an order that is under way ends without the address', async () => {
    const { id, userId } = await pending(shop, { idempotencyKey: 'k', userId: 'ulf' });
    await erase(userId);
    await asUser(userId, () => shop.orders.cancelOrder({ id }));
    expect(await everything(userId)).not.toContain(SEALED);
  });

  test('then one that ends at that very moment does not keep it in its answer', async () => {
    const { id, userId } = await pending(shop, { idempotencyKey: 'k', userId: 'uta' });
    const lock = shop.database.createQueryRunner();
    await lock.startTransaction();
    await lock.query('LOCK TABLE outbox IN SHARE MODE');
    const cancelled = asUser(userId, () => shop.orders.cancelOrder({ id })).catch(onlyWhenItWaitedTooLong);
    await waitsFor('INSERT INTO outbox');
    const erased = erase(userId);
    await Promise.race([waitsFor('SET shipping_address_sealed = NULL'), erased]);
    await lock.commitTransaction();
    await lock.release();
    await Promise.all([cancelled, erased]);
    expect(await everything(userId)).not.toContain(SEALED);
  });

  test('then an order that still comes with an old token has no address either, nor its stored answer', async () => {
    const request = aRequest(shop, { userId: 'late', idempotencyKey: 'k' });
    await erase('late');
    const { order } = await place(request, shop);
    expect(order).toMatchObject({ status: 'confirmed', shippingAddress: null });
    expect(await everything('late')).not.toContain(SEALED);
  });

  test('then an order that is just being written is waited for, and loses its address', async () => {
    const writing = shop.database.createQueryRunner();
    await writing.startTransaction();
    const order = { id: randomUUID(), userId: 'racing', items: [], totalAmount: 1, currency: 'USD' };
    const payment = { paymentProvider: 'simulated', paymentMethod: 'pm_card_visa' };
    await new OrdersRepository(writing.manager as unknown as DataSource, ADDRESSES).insert({
      ...{ ...order, ...payment, shippingAddress: anAddress(), idempotencyKey: '', fingerprint: '' },
    });
    const erased = erase('racing');
    await waitsFor('pg_advisory_xact_lock');
    await writing.commitTransaction();
    await writing.release();
    await erased;
    expect(await everything('racing')).toContain('PENDING');
    expect(await everything('racing')).not.toContain(SEALED);
  });
});
