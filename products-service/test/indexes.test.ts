import { randomUUID } from 'node:crypto';
import { getConnectionToken } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { asAdmin } from '@shop/service-kit/testing';
import { seedCatalog } from '../src/seed-catalog';
import { MongoStockStore } from '../src/stock/mongo-stock-store';
import { StockBooksController } from '../src/stock/stock-books.controller';
import { sweepStock } from '../src/stock/sweep-stock';
import { anOrderEvent, aProduct, startTestApp, type TestApp } from './support';

interface Query {
  readonly collection: string;
  readonly filter: object;
  readonly sort?: Record<string, 1 | -1>;
}

const QUERIES = ['find', 'findOne', 'countDocuments', 'updateOne', 'findOneAndUpdate', 'deleteOne'];
const SORTS = ['-createdAt', 'price', 'name'];

describe('the indexes', () => {
  let shop: TestApp;
  const asked = new Map<string, Query>();

  beforeAll(async () => {
    shop = await startTestApp();
    await seedCatalog(shop.connection, 'USD');
    const connection = shop.app.get<Connection>(getConnectionToken());
    connection.set('debug', (collection: string, method: string, ...[filter, ...rest]: [object, ...object[]]) => {
      const operations =
        method === 'bulkWrite' ? (filter as { updateOne: Query }[]).map((one) => one.updateOne.filter) : [];
      if (QUERIES.includes(method)) operations.push(filter);
      const sort = (rest.at(-1) as Query | undefined)?.sort;
      for (const one of operations) asked.set(shapeOf(collection, one, sort), { collection, filter: one, sort });
    });
  });
  afterAll(() => shop.close());

  async function exerciseCatalogue(): Promise<void> {
    const { id, ...fields } = await asAdmin(() => shop.controller.createProduct(aProduct()));
    const product = { ...aProduct(), sku: fields.sku };
    await asAdmin(() =>
      shop.controller.updateProduct({ ...product, id, available: undefined, ifRevision: 1 } as never),
    );
    await asAdmin(() => shop.controller.adjustStock({ productId: id, delta: -1, reason: 'lost', adjustmentId: 'a' }));
    await asAdmin(() => shop.controller.archiveProduct({ id }));
    await shop.controller.getProducts({ ids: [id, 'other'] });
    const filters = [
      {},
      { category: 'Books' },
      { search: 'coffee mug' },
      { inStock: true },
      { minPrice: 100, maxPrice: 9000 },
    ];
    for (const sort of SORTS) {
      for (const filter of filters) {
        const request = { search: '', category: '', sort, ...filter };
        const { page } = await shop.controller.listProducts({ ...request, page: { limit: 2, cursor: '', page: 1 } });
        await shop.controller.listProducts({ ...request, page: { limit: 2, cursor: page?.nextCursor ?? '', page: 0 } });
      }
    }
  }

  async function exerciseStock(): Promise<void> {
    const { id: productId } = await asAdmin(() => shop.controller.createProduct(aProduct({ available: 5 })));
    const lines = [{ productId, quantity: 1 }];
    for (const types of [
      ['created', 'created', 'confirmed', 'cancelled'],
      ['created', 'cancelled', 'cancelled'],
    ] as const) {
      const orderId = randomUUID();
      for (const type of types) await shop.bus.deliver(anOrderEvent(`order.${type}`, orderId, lines));
    }
    await sweepStock(shop.app.get(MongoStockStore), { checkAfterMs: 0, pullAfterMs: -1000 });
    const books = shop.app.get(StockBooksController);
    const { page } = await books.listStockRecords({ orderIds: [], page: { limit: 1, cursor: '', page: 0 } });
    await books.listStockRecords({ orderIds: [], page: { limit: 1, cursor: page?.nextCursor ?? '', page: 0 } });
    await books.listStockRecords({ orderIds: [randomUUID()], page: undefined });
    const { page: after } = await books.listStockLevels({ page: { limit: 1, cursor: '', page: 0 } });
    await books.listStockLevels({ page: { limit: 1, cursor: after?.nextCursor ?? '', page: 0 } });
    // The pollers have passed by then.
    await new Promise((resolve) => setTimeout(resolve, 1500));
  }

  test('when everything is used once, then an index leads to what each query asks for', async () => {
    await exerciseCatalogue();
    await exerciseStock();

    expect(asked.size).toBeGreaterThan(25);
    const unaided: string[] = [];
    for (const [shape, query] of asked) {
      const indexes = await shop.connection.collection(query.collection).indexes();
      if (!indexes.some(({ key }) => leadsTo(key, query))) unaided.push(shape);
    }
    expect(unaided).toEqual([]);
  });

  test('when the server is asked how, then it does not read a whole collection', async () => {
    const plain = shop.connection.collection('products').find({ _id: 'x' as never, active: true });
    const planner = !JSON.stringify(await plain.explain()).includes('COLLSCAN');
    // SecantusDB says COLLSCAN for every query that an index does not cover entirely, even with an _id in it, and for ranges of ids.
    const told = [...asked.values()].filter(
      ({ filter }) => planner || (Object.keys(filter).length === 1 && !JSON.stringify(filter).includes('"_id":{"$gt"')),
    );
    for (const { collection, filter, sort } of told) {
      const plan = await shop.connection
        .collection(collection)
        .find(filter)
        .sort(sort ?? {})
        .explain();
      expect(JSON.stringify(plan)).not.toContain('COLLSCAN');
    }
  });
});

/** By the id alone, or by an index that begins with what is asked for and goes on with it or with the order. */
function leadsTo(key: Record<string, unknown>, { filter, sort }: Query): boolean {
  const fields = Object.keys(key);
  if (fields[0] === '_id') return '_id' in filter;
  const useful = (field: string | undefined) =>
    field !== undefined && (field in filter || (sort !== undefined && field in sort));
  return fields[0]! in filter && (sort === undefined || useful(fields[1]));
}

function shapeOf(collection: string, filter: object, sort?: object): string {
  const shape = JSON.stringify(filter, (_key, value: unknown) => (typeof value === 'object' ? value : typeof value));
  return `${collection} ${shape} ${JSON.stringify(sort ?? {})}`;
}
