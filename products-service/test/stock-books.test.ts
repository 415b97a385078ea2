import { randomUUID } from 'node:crypto';
import { asAdmin } from '@shop/service-kit/testing';
import { StockBooksController } from '../src/stock/stock-books.controller';
import { anOrderEvent, aProduct, startTestApp, type TestApp } from './support';

let shop: TestApp;
let books: StockBooksController;

beforeAll(async () => {
  shop = await startTestApp();
  books = shop.app.get(StockBooksController);
});
afterAll(() => shop.close());

const FIRST = { limit: 0, cursor: '', page: 0 };
const withStock = async (available: number) =>
  (await asAdmin(() => shop.controller.createProduct(aProduct({ available })))).id;

async function anOrderOf(productId: string, ...types: ('created' | 'confirmed' | 'cancelled')[]): Promise<string> {
  const id = randomUUID();
  for (const type of types) await shop.bus.deliver(anOrderEvent(`order.${type}`, id, [{ productId, quantity: 2 }]));
  return id;
}

async function allPages<T>(
  read: (cursor: string) => Promise<{ items: T[]; page?: { nextCursor: string } }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let cursor = ''; ;) {
    const { items, page } = await read(cursor);
    all.push(...items);
    if (!page?.nextCursor) return all;
    cursor = page.nextCursor;
  }
}

test('when records of orders are asked for, then state, lines and disagreement are told, and unknown orders are left out', async () => {
  const lamp = await withStock(10);
  const held = await anOrderOf(lamp, 'created');
  const sold = await anOrderOf(lamp, 'created', 'confirmed');
  const back = await anOrderOf(lamp, 'created', 'confirmed', 'cancelled');
  const damaged = await anOrderOf(lamp, 'created', 'cancelled');
  const marks = { marks: { $elemMatch: { o: damaged } } };
  await shop.connection.collection('stock').updateOne(marks, { $set: { 'marks.$.st': 'R' } });

  const { items } = await books.listStockRecords({
    orderIds: [held, sold, back, damaged, randomUUID()],
    page: undefined,
  });
  const lines = [{ productId: lamp, quantity: 2 }];
  expect(new Map(items.map((item) => [item.orderId, item]))).toEqual(
    new Map([
      [held, { orderId: held, state: 'RESERVED', lines, disagreeing: [] }],
      [sold, { orderId: sold, state: 'COMMITTED', lines, disagreeing: [] }],
      [back, { orderId: back, state: 'RESTOCKED', lines, disagreeing: [] }],
      [damaged, { orderId: damaged, state: 'RELEASED', lines, disagreeing: [lamp] }],
    ]),
  );
});

test('when all records are read page by page, then each comes once, in order of id', async () => {
  const lamp = await withStock(10);
  const made = [await anOrderOf(lamp, 'created'), await anOrderOf(lamp, 'created'), await anOrderOf(lamp, 'created')];
  const read = await allPages((cursor) =>
    books.listStockRecords({ orderIds: [], page: { ...FIRST, limit: 2, cursor } }),
  );
  const ids = read.map(({ orderId }) => orderId);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(ids).toEqual(expect.arrayContaining(made));
});

test('when levels are read page by page, then units and who they are reserved for are told of every product', async () => {
  const lamp = await withStock(10);
  const vase = await withStock(3);
  const held = await anOrderOf(lamp, 'created');
  await anOrderOf(lamp, 'created', 'confirmed');
  const read = await allPages((cursor) => books.listStockLevels({ page: { ...FIRST, limit: 1, cursor } }));
  expect(read).toContainEqual({
    ...{ productId: lamp, available: 6, reserved: 2, sold: 2, adjusted: 10 },
    reservedFor: [{ orderId: held, quantity: 2 }],
  });
  expect(read).toContainEqual({
    ...{ productId: vase, available: 3, reserved: 0, sold: 0, adjusted: 3 },
    reservedFor: [],
  });
});
