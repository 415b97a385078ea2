import { randomUUID } from 'node:crypto';
import { asAdmin, eventually } from '@shop/service-kit/testing';
import { anOrderEvent, aProduct, startTestApp, type TestApp } from './support';

interface StockNow {
  available: number;
  reserved: number;
  sold: number;
  adjusted: number;
  marks: { o: string; n: number; st: string }[];
}

describe('the stock of orders', () => {
  let shop: TestApp;

  beforeAll(async () => {
    shop = await startTestApp({ SAGA_SWEEP_INTERVAL: 100, SAGA_SWEEP_MARKS_AFTER: 300, SAGA_PULL_MARKS_AFTER: 1500 });
  });
  afterAll(() => shop.close());

  const withStock = async (available: number) =>
    (await asAdmin(() => shop.controller.createProduct(aProduct({ available })))).id;

  const stockOf = async (productId: string): Promise<StockNow> => {
    const stock = await shop.connection.collection<StockNow & { _id: string }>('stock').findOne({ _id: productId });
    if (!stock) throw new Error('no stock');
    expect(stock.available + stock.reserved + stock.sold).toBe(stock.adjusted);
    return stock;
  };

  const levels = async (productId: string) => {
    const { available, reserved, sold } = await stockOf(productId);
    return { available, reserved, sold };
  };

  const repliesTo = (orderId: string) =>
    shop.bus.published.filter(({ subject, type }) => subject === orderId && type.startsWith('stock.'));

  const order = (productId: string, quantity = 1) => {
    const id = randomUUID();
    const lines = [{ productId, quantity }];
    const deliver = (type: 'order.created' | 'order.confirmed' | 'order.cancelled') =>
      shop.bus.deliver(anOrderEvent(type, id, lines));
    return {
      id,
      created: () => deliver('order.created'),
      confirmed: () => deliver('order.confirmed'),
      cancelled: () => deliver('order.cancelled'),
    };
  };

  test('when an order is created, confirmed and cancelled, then its units are reserved, sold and back', async () => {
    const productId = await withStock(5);
    const { id, created, confirmed, cancelled } = order(productId, 2);

    await created();
    expect(await levels(productId)).toEqual({ available: 3, reserved: 2, sold: 0 });
    expect(repliesTo(id)).toMatchObject([{ type: 'stock.reserved', mandatory: true, data: { orderId: id } }]);

    await confirmed();
    expect(await levels(productId)).toEqual({ available: 3, reserved: 0, sold: 2 });

    await cancelled();
    expect(await levels(productId)).toEqual({ available: 5, reserved: 0, sold: 0 });
  });

  test('when 60 orders want one of 10 units at once, then exactly 10 get one', async () => {
    const productId = await withStock(10);
    const orders = Array.from({ length: 60 }, () => order(productId));

    await Promise.all(orders.map(({ created }) => created()));

    const replies = orders.map(({ id }) => repliesTo(id)[0]?.type);
    expect(replies.filter((type) => type === 'stock.reserved')).toHaveLength(10);
    expect(replies.filter((type) => type === 'stock.rejected')).toHaveLength(50);
    expect(await levels(productId)).toEqual({ available: 0, reserved: 10, sold: 0 });
  });

  test('when every message comes three times at once, then each has its effect once', async () => {
    const productId = await withStock(9);
    const { id, created, confirmed, cancelled } = order(productId, 4);
    const thrice = (deliver: () => Promise<void>) => Promise.all([deliver(), deliver(), deliver()]);

    await thrice(created);
    expect(await levels(productId)).toEqual({ available: 5, reserved: 4, sold: 0 });
    expect(new Set(repliesTo(id).map((reply) => reply.id)).size).toBe(1);
    await thrice(confirmed);
    expect(await levels(productId)).toEqual({ available: 5, reserved: 0, sold: 4 });
    await thrice(cancelled);
    await created();
    await confirmed();
    expect(await levels(productId)).toEqual({ available: 9, reserved: 0, sold: 0 });
  });

  test('when orders-service asks again, then the same answer comes again, also when the broker was away', async () => {
    const { id, created } = order(await withStock(1));
    const answers = () => repliesTo(id).map((reply) => reply.id);
    await created();
    await created();
    expect(answers()).toHaveLength(2);

    shop.bus.connected = false;
    await created();
    expect(answers()).toHaveLength(2);
    shop.bus.connected = true;
    await eventually(() => expect(answers()).toHaveLength(3));
    expect(new Set(answers()).size).toBe(1);
  });

  test('when the cancellation comes before the order, then nothing is reserved and nobody is answered', async () => {
    const productId = await withStock(3);
    const { id, created, cancelled, confirmed } = order(productId);

    await cancelled();
    await created();
    await confirmed();

    expect(await levels(productId)).toEqual({ available: 3, reserved: 0, sold: 0 });
    expect(repliesTo(id)).toEqual([]);
  });

  test('when one line is short, then nothing is reserved and every short line is named', async () => {
    const plenty = await withStock(10);
    const few = await withStock(1);
    const id = randomUUID();
    const lines = [
      { productId: few, quantity: 2 },
      { productId: plenty, quantity: 2 },
      { productId: 'no-such-product', quantity: 1 },
    ];

    await shop.bus.deliver(anOrderEvent('order.created', id, lines));

    const [reply] = repliesTo(id);
    expect(reply?.type).toBe('stock.rejected');
    expect((reply?.data as { shortages: object[] }).shortages).toHaveLength(2);
    expect((reply?.data as { shortages: object[] }).shortages).toEqual(
      expect.arrayContaining([
        { productId: few, requested: 2, available: 1 },
        { productId: 'no-such-product', requested: 1, available: 0 },
      ]),
    );
    expect(await levels(plenty)).toEqual({ available: 10, reserved: 0, sold: 0 });
    expect(await levels(few)).toEqual({ available: 1, reserved: 0, sold: 0 });
  });

  test('when an order names a product twice, then the sum counts', async () => {
    const productId = await withStock(3);
    const id = randomUUID();
    const line = { productId, quantity: 2 };

    await shop.bus.deliver(anOrderEvent('order.created', id, [line, line]));

    expect(repliesTo(id)).toMatchObject([{ type: 'stock.rejected' }]);
    expect(await levels(productId)).toEqual({ available: 3, reserved: 0, sold: 0 });
  });

  test('when the broker is away while stock is reserved, then the reply comes when it is back', async () => {
    const productId = await withStock(3);
    const { id, created } = order(productId);
    shop.bus.connected = false;

    await created();
    expect(repliesTo(id)).toEqual([]);
    shop.bus.connected = true;

    await eventually(() => expect(repliesTo(id)).toMatchObject([{ type: 'stock.reserved' }]));
  });

  test('when a message is no order, then it is refused for good', async () => {
    const bad = anOrderEvent('order.created', randomUUID(), []);
    await expect(shop.bus.deliver(bad)).rejects.toThrow('without lines');
    const half = anOrderEvent('order.created', randomUUID(), [{ productId: 'p', quantity: 0.5 }]);
    await expect(shop.bus.deliver(half)).rejects.toThrow('without a quantity');
  });

  test('when a confirmation is for an order never seen, then it goes to the dead letters', async () => {
    await expect(order('p').confirmed()).rejects.toThrow('never reserved');
  });

  test('when a sale is cancelled after its mark is gone, then the units come back', async () => {
    const productId = await withStock(4);
    const { created, confirmed, cancelled } = order(productId, 3);
    await created();
    await confirmed();
    await eventually(async () => expect((await stockOf(productId)).marks).toEqual([]));

    await cancelled();
    await cancelled();

    expect(await levels(productId)).toEqual({ available: 4, reserved: 0, sold: 0 });
  });

  test('when a late handler left a reservation of a released order, then the sweeper gives it back', async () => {
    const productId = await withStock(4);
    const { id, cancelled } = order(productId, 2);
    await cancelled();
    const zombie = { o: id, n: 2, st: 'R', at: new Date() };
    await shop.connection.collection<{ _id: string; marks: object[] }>('stock').updateOne(
      { _id: productId },
      {
        $inc: { available: -2, reserved: 2, v: 1 },
        $set: { marked: true },
        $push: { marks: zombie },
      },
    );

    await eventually(async () => expect(await levels(productId)).toEqual({ available: 4, reserved: 0, sold: 0 }));
  });

  test('when stock changes, then its value is published with its version and inStock follows', async () => {
    const productId = await withStock(1);
    await order(productId).created();

    await eventually(() => {
      const updates = shop.bus.published.filter(
        ({ type, subject }) => type === 'product.stock_updated' && subject === productId,
      );
      expect(updates.at(-1)?.data).toEqual({ productId, available: 0, reserved: 1, version: 2 });
    });
    await eventually(async () => {
      const product = await shop.connection
        .collection<{ _id: string; inStock: boolean }>('products')
        .findOne({ _id: productId });
      expect(product?.inStock).toBe(false);
    });
  });
});
