import { migrate, Logger, reseal, withDatabase } from '@shop/service-kit';
import { aKeyRing, asUser, createScratchDatabase, dumpOf, filesOf } from '@shop/service-kit/testing';
import { ordersDatabase } from '../src/database';
import { CreateOrders1700000000000 } from '../src/migrations/1700000000000-create-orders';
import { RememberErasedUsers1700000000001 } from '../src/migrations/1700000000001-remember-erased-users';
import { FindUnsentEvents1700000000002 } from '../src/migrations/1700000000002-find-unsent-events';
import { ADDRESS_COLUMN, SealedAddresses } from '../src/orders/sealed-address';
import { anAddress, anOrder, aRequest, place, placed } from './builders';
import { ADDRESSES, FIELD_KEY, startShop, type TestShop } from './support';

const PLAIN = ['Zenobia', 'Vanderlane', 'Umbrella Town'];
const found = (kept: string) => PLAIN.filter((secret) => kept.includes(secret));
const address = anAddress({ name: 'Zenobia V.', line1: '7 Vanderlane', city: 'Umbrella Town' });
const internal = { reason: 'INTERNAL', detail: undefined };

describe('where orders go', () => {
  let shop: TestShop;
  beforeEach(async () => {
    shop = await startShop();
  });
  afterEach(() => shop.close());

  const see = ({ id, userId }: { id: string; userId: string }, through = shop.orders) =>
    asUser(userId, () => through.getOrder({ id }));

  test('when an order is placed, then nothing in the database says where to, and every answer does', async () => {
    const request = aRequest(shop, { shippingAddress: address, idempotencyKey: 'once' });
    const { order } = await place(request, shop);
    const files = [await filesOf(shop.database, 'orders'), await filesOf(shop.database, 'idempotency_keys')];
    expect(found([await dumpOf(shop.database), ...files].join())).toEqual([]);
    expect(order?.shippingAddress).toEqual(address);
    expect(await see(order!)).toEqual(order);
    expect((await place(request, shop)).order).toEqual(order);
    const page = { limit: 0, cursor: '', page: 0 };
    const { userId } = request;
    const { items } = await asUser(userId, () => shop.orders.listOrders({ page, userId, status: '' }));
    expect(items).toEqual([order]);
  });

  test('when the address of one order is put into another, then it is not shown, and the log says so', async () => {
    const [one, other] = [await placed(shop, { shippingAddress: address }), await placed(shop)];
    await shop.database.query(
      `UPDATE orders SET shipping_address_sealed = (SELECT shipping_address_sealed FROM orders WHERE id = $1) WHERE id = $2`,
      [one.id, other.id],
    );
    const error = jest.spyOn(shop.app.get(Logger), 'error');
    await expect(see(other)).rejects.toMatchObject(internal);
    expect((error.mock.calls[0]?.[0] as { err: Error }).err.message).toBe(
      `orders.shipping_address_sealed of ${other.id} cannot be opened: it was moved here from another place`,
    );
    expect(await see(one)).toEqual(one);
  });

  test('when the service has another key, then it answers nothing rather than rubbish', async () => {
    const order = await placed(shop);
    const stranger = await shop.startReplica({ FIELD_KEY: aKeyRing('k1') });
    await expect(see(order, stranger.orders)).rejects.toMatchObject(internal);
    expect(await see(order)).toEqual(order);
  });

  test('when the key changes while orders are read and placed, then nobody notices, and the old one can go', async () => {
    const fresh = aKeyRing('k2');
    const both = { FIELD_KEY: new Map([...fresh, ...FIELD_KEY]) };
    const old = [];
    for (let n = 0; n < 30; n++) old.push(await anOrder(shop.database, { status: 'DELIVERED' }));
    const running = await shop.startReplica(both);
    let done = false;
    const reading = (async () => {
      for (let n = 0; !done; n++) {
        expect((await see(old[n % old.length]!, running.orders)).shippingAddress).toEqual(anAddress());
      }
    })();
    const { order } = await place(aRequest(shop, { shippingAddress: address }), running);
    const rotate = () => reseal(shop.database, new SealedAddresses(both).cipher, ADDRESS_COLUMN);
    const said = await rotate().finally(() => (done = true));
    await reading;
    expect(said).toBe('orders.shipping_address_sealed: 30 of 31 sealed anew');
    expect(await rotate()).toBe('orders.shipping_address_sealed: 0 of 31 sealed anew');
    const after = await shop.startReplica({ FIELD_KEY: fresh });
    expect(await see(order!, after.orders)).toEqual(order);
    for (const each of old) expect((await see(each, after.orders)).shippingAddress).toEqual(anAddress());
  });
});

test('when a database is from before there was a key, then its addresses are sealed, and no file has them', async () => {
  const { url, database, drop } = await createScratchDatabase('orders', (settings) => {
    const before = ordersDatabase({ ...settings, FIELD_KEY });
    before.setOptions({
      migrations: [CreateOrders1700000000000, RememberErasedUsers1700000000001, FindUnsentEvents1700000000002],
    });
    return before;
  });
  try {
    await database.query(
      `INSERT INTO orders (id, user_id, status, items, total_amount, currency, payment_provider, payment_method,
         shipping_address, history)
       SELECT gen_random_uuid(), 'u', 'DELIVERED', '[]', 1, 'USD', 'simulated', 'pm', CASE WHEN n % 10 > 0 THEN $1::jsonb END, '[]'
       FROM generate_series(1, 1100) n`,
      [JSON.stringify(address)],
    );
    await database.query(
      `INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id, response)
       SELECT user_id, id, '', id, jsonb_build_object('order', jsonb_build_object('id', id, 'shippingAddress', shipping_address))
       FROM orders`,
    );
    const run = () => withDatabase(ordersDatabase({ DATABASE_URL: url, DATABASE_POOL_SIZE: 2, FIELD_KEY }), migrate);
    expect(await run()).toBeGreaterThan(0);
    expect(await run()).toBe(0);
    const files = [await filesOf(database, 'orders'), await filesOf(database, 'idempotency_keys')];
    expect(found([await dumpOf(database), ...files].join())).toEqual([]);
    const rows = await database.query<{ id: string; shipping_address_sealed: string | null; first_answer: object }[]>(
      'SELECT o.id, shipping_address_sealed, first_answer FROM orders o JOIN idempotency_keys k ON k.order_id = o.id',
    );
    const opened = rows.map(({ id, shipping_address_sealed: sealed }) => ADDRESSES.open(id, sealed));
    expect(opened.filter((each) => each === undefined)).toHaveLength(110);
    expect(opened.filter(Boolean)).toEqual(Array.from({ length: 990 }, () => address));
    expect(rows[0]?.first_answer).toEqual({ order: { id: rows[0]?.id } });
  } finally {
    await drop();
  }
});
