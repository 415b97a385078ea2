import { eventually } from '@shop/service-kit/testing';
import { type Connection, createConnection } from 'mongoose';
import { DataSource } from 'typeorm';
import { anOrderOf } from '../testing/builders';
import { operatorCommand } from '../testing/operator-command';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';

const system = System.shared();
// What is under way takes less, and no test has a minute.
const env = { ...process.env, RECONCILE_AFTER: '5s' };
let shop: Shop;
let orders: DataSource;
let products: Connection;

beforeAll(async () => {
  shop = await Shop.open();
  const { postgres, mongodb } = system.stores();
  orders = await new DataSource({ type: 'postgres', url: postgres.ordersUrl }).initialize();
  products = await createConnection(mongodb.uri).asPromise();
});
afterAll(() => Promise.all([orders.destroy(), products.close()]));

const reconcile = (...args: string[]) =>
  operatorCommand('local/reconcile.mjs', [...args, '--dir', system.dir], { env });

const lineOf = (id: string, { out }: { out: string }) => out.split('\n').find((line) => line.includes(id));

async function anOrder(product: string): Promise<string> {
  const { status, body } = await (await shop.customer()).call('POST', '/orders', anOrderOf(product, 2));
  expect(status).toBe(201);
  return body.id;
}

/** As if the message of the confirmed order had never come. */
async function missesItsConfirmation(orderId: string, productId: string): Promise<void> {
  const record = { _id: orderId as never };
  await eventually(async () =>
    expect(await products.collection('stock_orders').findOne(record)).toMatchObject({ state: 'COMMITTED' }),
  );
  await products.collection('stock_orders').updateOne(record, { $set: { state: 'RESERVED' } });
  await products
    .collection('stock')
    .updateOne(
      { _id: productId as never, marks: { $elemMatch: { o: orderId } } },
      { $set: { 'marks.$.st': 'R' }, $inc: { reserved: 2, sold: -2 } },
    );
}

/** Customers who buy, and cancel every third order, as long as the work takes; answers how many orders there were. */
async function whileTheyBuy(product: string, work: () => Promise<void>): Promise<number> {
  const customers = [await shop.customer(), await shop.customer(), await shop.customer()];
  let open = true;
  let placed = 0;
  const buying = customers.map(async (customer) => {
    while (open) {
      const { status, body } = await customer.call('POST', '/orders', anOrderOf(product, 1 + (placed++ % 2)));
      if (status === 201 && placed % 3 === 0) await customer.call('POST', `/orders/${body.id}/cancel`);
    }
  });
  await work().finally(() => (open = false));
  await Promise.all(buying);
  return placed;
}

test('when customers buy and cancel all the time, then nothing drifts, neither meanwhile nor afterwards', async () => {
  const none = { code: 0, out: expect.stringContaining('No drift.') };
  const placed = await whileTheyBuy(await shop.productOnSale(5000), async () => {
    for (let looks = 0; looks < 2; looks++) expect(await reconcile()).toEqual(none);
  });
  expect(placed).toBeGreaterThan(10);
  await eventually(async () => expect(await reconcile()).toEqual(none), 40_000);
}, 120_000);

test('when stock has missed that an order was confirmed, then it is told again, and the goods are sold', async () => {
  const product = await shop.productOnSale(5);
  const id = await anOrder(product);
  await missesItsConfirmation(id, product);
  const found = await eventually(async () => {
    const answer = await reconcile();
    expect(lineOf(id, answer)).toMatch(/^--mend +order \S+ +not-sold +CONFIRMED, stock: RESERVED/);
    return answer;
  }, 40_000);
  expect(found.code).toBe(1);

  const mended = await reconcile('--mend');
  expect(lineOf(id, mended)).toMatch(/^mended/);
  expect(mended).toEqual({ code: 0, out: expect.stringContaining('0 left') });
  expect(await shop.stockOf(product)).toEqual({ available: 3, reserved: 0 });
}, 120_000);

test('when stock and money of cancelled orders were kept, then both come back', async () => {
  const product = await shop.productOnSale(5);
  const id = await anOrder(product);
  await missesItsConfirmation(id, product);
  // As a defect would: the order ends without its effects.
  await orders.query(`UPDATE orders SET status = 'CANCELLED', updated_at = now() WHERE id = $1`, [id]);
  await eventually(async () => {
    const answer = await reconcile();
    expect(answer.out).toMatch(new RegExp(`order ${id} +not-given-back`));
    expect(answer.out).toMatch(new RegExp(`order ${id} +refund-missing`));
  }, 40_000);
  expect(await reconcile('--mend')).toEqual({ code: 0, out: expect.stringContaining('0 left') });
  expect(await shop.stockOf(product)).toEqual({ available: 5, reserved: 0 });
  await eventually(async () => {
    const { body } = await shop.admin.call('GET', `/orders/${id}`);
    expect(body.payment.status).toBe('refunded');
  }, 40_000);
}, 120_000);

test('when only a person can decide, then it is shown and left alone', async () => {
  const product = await shop.productOnSale(5);
  await products.collection('stock').updateOne({ _id: product as never }, { $inc: { available: 1 } });
  const answer = await reconcile('--mend');
  expect(answer.code).toBe(1);
  expect(lineOf(product, answer)).toMatch(/^look +product \S+ +units-do-not-add-up +6 \+ 0 \+ 0, put in: 5/);
  await products.collection('stock').updateOne({ _id: product as never }, { $inc: { available: -1 } });
  expect(lineOf(product, await reconcile())).toBeUndefined();
});

test('when it cannot look, then it says so, and does not say that all is well', async () => {
  const answer = await operatorCommand('local/reconcile.mjs', ['--dir', `${system.dir}-of-nobody`]);
  expect(answer).toMatchObject({ code: 2, out: expect.stringContaining('There is no shop in') });
});
