import { eventually } from '@shop/service-kit/testing';
import { aRequest, anOrder, pending, place, recordsOf, statusOf, typesOf } from './builders';
import { aStockEvent } from './fakes';
import { startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop({ SAGA_RECOVERY_INTERVAL: 50 });
});
afterAll(() => shop.close());

const minutes = (n: number) => n * 60_000;

/** Long enough that every kind of recovery has looked at everything since. */
async function rounds(): Promise<void> {
  const { id } = await anOrder(shop.database, { ageMs: minutes(6) });
  for (let n = 0; n < 3; n++) {
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('FAILED'));
    await shop.database.query(`UPDATE orders SET status = 'PENDING' WHERE id = $1`, [id]);
  }
}

describe('an order for which stock does not answer', () => {
  test('when 15 s have passed, then stock is asked once more', async () => {
    const late = await anOrder(shop.database, { ageMs: 15_500 });
    const early = await anOrder(shop.database, { ageMs: 10_000 });
    await eventually(async () => expect(await typesOf(shop.database, late.id)).toEqual(['order.created']));
    await rounds();
    const { events, order } = await recordsOf(shop.database, late.id);
    expect(events).toMatchObject([
      { type: 'order.created', data: { orderId: late.id, lines: [{ productId: 'a-product', quantity: 2 }] } },
    ]);
    expect(order).toMatchObject({ status: 'PENDING', version: 1 });
    expect(await typesOf(shop.database, early.id)).toEqual([]);
  });

  test('when stock was asked again already, then the next question waits as long as all before it together', async () => {
    const due = await anOrder(shop.database, { ageMs: 31_000, askedMs: 16_000 });
    const early = await anOrder(shop.database, { ageMs: 45_000, askedMs: 16_000 });
    await eventually(async () => expect(await typesOf(shop.database, due.id)).toEqual(['order.created']));
    await rounds();
    expect(await typesOf(shop.database, early.id)).toEqual([]);
  });

  test('when stock answers others meanwhile, then only what a later order has overtaken is asked again', async () => {
    const overtaken = await anOrder(shop.database, { ageMs: 25_000 });
    const answered = await anOrder(shop.database, { ageMs: 22_000 });
    const sql = `UPDATE orders SET status = 'FAILED', updated_at = now() WHERE id = $1`;
    await shop.database.query(sql, [answered.id]);
    const inLine = await anOrder(shop.database, { ageMs: 20_000 });
    await eventually(async () => expect(await typesOf(shop.database, overtaken.id)).toEqual(['order.created']));
    await rounds();
    expect(await typesOf(shop.database, inLine.id)).toEqual([]);
    await shop.database.query('DELETE FROM orders WHERE id = $1', [answered.id]);
    await eventually(async () => expect(await typesOf(shop.database, inLine.id)).toEqual(['order.created']));
  });

  test('when the broker is away all the time, then the question waits once, and is sent once it is back', async () => {
    shop.bus.connected = false;
    const { id } = await pending(shop);
    for (let n = 0; n < 3; n++) {
      await shop.database.query(`UPDATE orders SET stock_asked_at = now() - interval '16 s' WHERE id = $1`, [id]);
      await eventually(async () => {
        const sql = `SELECT stock_asked_at > now() - interval '10 s' AS asked FROM orders WHERE id = $1`;
        expect(await shop.database.query(sql, [id])).toEqual([{ asked: true }]);
      });
    }
    expect(await typesOf(shop.database, id)).toEqual(['order.created']);
    shop.bus.connected = true;
    await eventually(() => expect(shop.bus.published.filter(({ subject }) => subject === id)).toHaveLength(1));
  });

  test('when stock answers at the second time, then the order goes on', async () => {
    const { id } = await pending(shop);
    await eventually(async () => {
      const sql = 'SELECT published_at IS NOT NULL AS sent FROM outbox WHERE subject = $1';
      expect(await shop.database.query(sql, [id])).toEqual([{ sent: true }]);
    });
    await shop.database.query(`UPDATE orders SET stock_asked_at = now() - interval '16 s' WHERE id = $1`, [id]);
    await eventually(async () => expect(await typesOf(shop.database, id)).toHaveLength(2));
    await shop.bus.deliver(aStockEvent('stock.reserved', id));
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CONFIRMED'));
  });

  test('when 5 minutes have passed, then it has failed, stock gives back what it may hold, and comes too late', async () => {
    const late = await anOrder(shop.database, { ageMs: minutes(5) + 500 });
    const early = await anOrder(shop.database, { ageMs: minutes(5) - 20_000 });
    await eventually(async () => expect(await statusOf(shop.database, late.id)).toBe('FAILED'));
    await shop.bus.deliver(aStockEvent('stock.reserved', late.id));
    await rounds();
    const { order, events, attempts } = await recordsOf(shop.database, late.id);
    expect(order).toMatchObject({ status: 'FAILED', failure: { code: 'STOCK_TIMED_OUT' } });
    expect(events.map(({ type }) => type).filter((type) => type !== 'order.created')).toEqual([
      'order.cancelled',
      'order.status_updated',
    ]);
    expect(attempts).toEqual([]);
    expect(await statusOf(shop.database, early.id)).toBe('PENDING');
  });

  test('when somebody waits for it meanwhile, then that is the answer', async () => {
    const request = aRequest(shop, { items: [{ productId: shop.catalogue.add({ stock: 'silent' }), quantity: 1 }] });
    const answer = place(request, shop);
    await eventually(async () => {
      const sql = `UPDATE orders SET created_at = now() - interval '6 minutes' WHERE user_id = $1 RETURNING id`;
      const [rows] = await shop.database.query(sql, [request.userId]);
      return rows.length === 1;
    });
    expect(await answer).toMatchObject({ outcome: 'STOCK_TIMED_OUT', order: { status: 'failed' } });
  });
});

describe('an order that is not paid in time', () => {
  test('when its reservation has run out, then it is cancelled, its stock is given back and no card is asked', async () => {
    const { id } = await anOrder(shop.database, { status: 'RESERVED', expiresInMs: -1, ageMs: minutes(15) });
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CANCELLED'));
    const { order, events, attempts } = await recordsOf(shop.database, id);
    expect(order.history.at(-1)?.reason).toBe('RESERVATION_EXPIRED');
    expect(events.map(({ type }) => type)).toEqual(['order.cancelled', 'order.status_updated']);
    expect(attempts).toEqual([]);
  });

  test('when it is being paid, then it does not run out', async () => {
    const order = { status: 'PAYING', attempt: 'STARTED', expiresInMs: -1 } as const;
    const { id } = await anOrder(shop.database, order);
    await rounds();
    expect(await statusOf(shop.database, id)).toBe('PAYING');
  });
});
