import { encodeCursor } from '@shop/service-kit';
import { asAdmin, asUser, eventually } from '@shop/service-kit/testing';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { CreateProductDto, ListProductsDto } from '../src/catalog/product.dto';
import { SEED_PRODUCTS } from '../src/catalog/seed-products';
import { seedCatalog } from '../src/seed-catalog';
import { aProduct, startTestApp, type TestApp } from './support';

const aList = (overrides: Partial<ListProductsDto> = {}): ListProductsDto => ({
  page: { limit: 0, cursor: '', page: 0 },
  search: '',
  category: '',
  sort: '',
  ...overrides,
});

describe('the catalogue', () => {
  let shop: TestApp;

  beforeAll(async () => {
    shop = await startTestApp();
  });
  afterAll(() => shop.close());

  const create = (overrides: Partial<CreateProductDto> = {}) =>
    asAdmin(() => shop.controller.createProduct(aProduct(overrides)));
  const list = (overrides: Partial<ListProductsDto> = {}) => shop.controller.listProducts(aList(overrides));
  // At least once is the promise: the same event, by its id, may come again.
  const eventsOf = (id: string) => {
    const about = shop.bus.published.filter(({ subject }) => subject === id);
    return [...new Map(about.map((event) => [event.id, event.type])).values()];
  };
  const editOf = ({ available: _available, ...fields }: CreateProductDto) => fields;

  test('when a product is created, then it can be read, its stock too, and product.created is published', async () => {
    const created = await create({ name: 'Tea pot', available: 7 });

    expect(created).toMatchObject({ name: 'Tea pot', revision: 1, stock: { available: 7, reserved: 0, version: 1 } });
    expect(await shop.controller.getProduct({ id: created.id })).toEqual(created);
    await eventually(() => expect(eventsOf(created.id)).toEqual(['product.created']));
  });

  test('when a customer or nobody writes, then it is refused', async () => {
    const { id } = await create();
    const writes = [
      () => shop.controller.createProduct(aProduct()),
      () => shop.controller.updateProduct({ id, ...editOf(aProduct()) }),
      () => shop.controller.archiveProduct({ id }),
      () => shop.controller.adjustStock({ productId: id, delta: 1, reason: 'found', adjustmentId: 'a1' }),
    ];
    for (const write of writes) {
      await expect(asUser('user-1', write)).rejects.toMatchObject({ reason: 'FORBIDDEN' });
      await expect(write()).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
    }
  });

  test('when the sku exists, archived or not, then it is taken and no stock is left behind', async () => {
    const { id, sku } = await create();
    await expect(create({ sku })).rejects.toMatchObject({ reason: 'SKU_TAKEN' });
    await asAdmin(() => shop.controller.archiveProduct({ id }));
    await expect(create({ sku })).rejects.toMatchObject({ reason: 'SKU_TAKEN' });
    const other = await create();
    const rename = () => shop.controller.updateProduct({ id: other.id, ...editOf(aProduct({ sku })) });
    await expect(asAdmin(rename)).rejects.toMatchObject({ reason: 'SKU_TAKEN' });

    const products = await shop.connection.collection('products').countDocuments();
    expect(await shop.connection.collection('stock').countDocuments()).toBe(products);
  });

  test('when the currency is not the shop’s, then it is refused', async () => {
    await expect(create({ price: { amount: 5, currency: 'EUR' } })).rejects.toMatchObject({
      reason: 'VALIDATION_FAILED',
    });
  });

  test('when a product is edited, then its revision grows and its stock stays', async () => {
    const { id } = await create({ available: 4 });
    const edit = (ifRevision?: number) =>
      asAdmin(() => shop.controller.updateProduct({ id, ...editOf(aProduct({ name: 'New name' })), ifRevision }));

    expect(await edit(1)).toMatchObject({ name: 'New name', revision: 2, stock: { available: 4, version: 1 } });
    await expect(edit(1)).rejects.toMatchObject({ reason: 'PRECONDITION_FAILED' });
    expect(await edit()).toMatchObject({ revision: 3 });
    const happened = ['product.created', 'product.updated', 'product.updated'];
    await eventually(() => expect(eventsOf(id)).toEqual(happened));
    expect((await list({ search: 'new na' })).items.map((item) => item.id)).toContain(id);
  });

  test('when a product is archived, then it is gone from reads, and again changes nothing', async () => {
    const { id } = await create();
    const archive = () => asAdmin(() => shop.controller.archiveProduct({ id }));

    await archive();
    await archive();

    await expect(shop.controller.getProduct({ id })).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });
    expect(await shop.controller.getProducts({ ids: [id] })).toEqual({ items: [] });
    const adjust = () => shop.controller.adjustStock({ productId: id, delta: 1, reason: 'found', adjustmentId: 'a1' });
    await expect(asAdmin(adjust)).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });
    await eventually(() => expect(eventsOf(id)).toEqual(['product.created', 'product.archived']));
  });

  test.each(['nope', '', '$ne', '00000000-0000-0000-0000-000000000000'])(
    'when the id is %j, then it is not found',
    async (id) => {
      await expect(shop.controller.getProduct({ id })).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });
      await expect(asAdmin(() => shop.controller.archiveProduct({ id }))).rejects.toMatchObject({
        reason: 'PRODUCT_NOT_FOUND',
      });
      const edit = () => shop.controller.updateProduct({ id, ...editOf(aProduct()) });
      await expect(asAdmin(edit)).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });
    },
  );

  test('when products are asked for by id, then those on sale come once each', async () => {
    const [one, two] = [await create(), await create()];
    const { items } = await shop.controller.getProducts({ ids: [one.id, two.id, one.id, 'unknown'] });
    expect(items.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
  });

  test('when the broker is away, then writes succeed and their events follow', async () => {
    shop.bus.connected = false;
    const { id } = await create();
    await asAdmin(() => shop.controller.updateProduct({ id, ...editOf(aProduct()) }));
    expect(eventsOf(id)).toEqual([]);
    shop.bus.connected = true;

    await eventually(() => expect(eventsOf(id)).toEqual(['product.created', 'product.updated']));
  });

  test('when the broker hangs, then writes do not wait for it and their events follow', async () => {
    shop.bus.confirmsAfterMs = 8000;
    const { id } = await create();
    await asAdmin(() => shop.controller.updateProduct({ id, ...editOf(aProduct()) }));
    await asAdmin(() => shop.controller.archiveProduct({ id }));
    // Had one of the writes waited, its event would be there.
    expect(eventsOf(id)).toEqual([]);
    shop.bus.confirmsAfterMs = 0;

    await eventually(
      () => expect(eventsOf(id)).toEqual(['product.created', 'product.updated', 'product.archived']),
      20_000,
    );
  });

  describe('adjusting stock', () => {
    const adjust = (productId: string, delta: number, adjustmentId = `a${Math.random()}`) =>
      asAdmin(() => shop.controller.adjustStock({ productId, delta, reason: 'count', adjustmentId }), 'storekeeper');

    test('when the same adjustment comes again, at once or later, then it is applied once', async () => {
      const { id } = await create({ available: 5 });
      await Promise.all([adjust(id, 3, 'key-1'), adjust(id, 3, 'key-1'), adjust(id, 3, 'key-1')]);
      expect((await adjust(id, 3, 'key-1')).stock).toMatchObject({ available: 8, version: 2 });
      await expect(adjust(id, 4, 'key-1')).rejects.toMatchObject({ reason: 'IDEMPOTENCY_KEY_REUSED' });
    });

    const adjustments = (n: number, at: Date) =>
      Array.from({ length: n }, (_, each) => ({ id: `storekeeper:old-${each}`, delta: 1, reason: 'count', at }));
    const remember = (_id: string, list: object[]) =>
      shop.connection.collection<{ _id: string }>('stock').updateOne({ _id }, { $set: { adjustments: list } });
    const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

    test('when many came since, then one that is repeated within a day is still applied once', async () => {
      const { id } = await create({ available: 5 });
      await remember(id, adjustments(500, hoursAgo(23.9)));
      await adjust(id, 1);
      await adjust(id, 1, 'old-0');
      expect((await adjust(id, 1, 'old-499')).stock).toMatchObject({ available: 6 });
    });

    test('when there were absurdly many within a day, then RATE_LIMITED until they are a day old', async () => {
      const { id } = await create({ available: 5 });
      await remember(id, adjustments(2000, hoursAgo(23.9)));
      await expect(adjust(id, 1)).rejects.toMatchObject({ reason: 'RATE_LIMITED' });
      expect((await adjust(id, 1, 'old-7')).stock).toMatchObject({ available: 5 });
      await remember(id, adjustments(2000, hoursAgo(25.1)));
      expect((await adjust(id, 1)).stock).toMatchObject({ available: 6 });
      const stock = await shop.connection
        .collection<{ _id: string; adjustments: unknown[] }>('stock')
        .findOne({ _id: id });
      expect(stock?.adjustments).toHaveLength(1);
    });

    test('when it would go below zero, then it is refused, also when many try at once', async () => {
      const { id } = await create({ available: 5 });
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => adjust(id, -1)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
      await expect(adjust(id, -1)).rejects.toMatchObject({ reason: 'INSUFFICIENT_STOCK' });
    });
  });

  describe('lists', () => {
    beforeAll(async () => {
      await seedCatalog(shop.connection, 'USD');
    });

    test('when the seed runs again, then nothing is added', async () => {
      expect(await seedCatalog(shop.connection, 'USD')).toBe(0);
      const rows = Object.values(SEED_PRODUCTS).flat();
      expect(rows.length).toBeGreaterThanOrEqual(50);
      for (const [sku, name, amount, available, tags, description] of rows) {
        const product = { sku, name, description, category: 'x', tags: tags.split(' '), imageUrls: [], available };
        const dto = plainToInstance(CreateProductDto, { ...product, price: { amount, currency: 'USD' } });
        expect(validateSync(dto)).toEqual([]);
      }
    });

    test.each(['', 'createdAt', 'price', '-price', 'name', '-name'])(
      'when sorted by %j, then cursors show every product once, in order',
      async (sort) => {
        const all = await list({ sort, page: { limit: 100, cursor: '', page: 1 } });
        const seen: string[] = [];
        let cursor = '';
        do {
          const part = await list({ sort, page: { limit: 7, cursor, page: 0 } });
          seen.push(...part.items.map(({ id }) => id));
          cursor = part.page?.nextCursor ?? '';
        } while (cursor);
        expect(seen).toEqual(all.items.map(({ id }) => id));
        expect(new Set(seen).size).toBe(all.page?.total);
        const prices = all.items.map(({ price }) => price?.amount ?? 0);
        if (sort === 'price') expect(prices).toEqual([...prices].sort((a, b) => a - b));
      },
    );

    test('when a page is asked for by number, then the total is counted', async () => {
      const { items, page } = await list({ category: 'Books', page: { limit: 5, cursor: '', page: 2 } });
      expect(items).toHaveLength(4);
      expect(page).toMatchObject({ total: 9, nextCursor: '' });
    });

    test('when filters are combined, then all of them hold', async () => {
      const { items } = await list({ search: 'coffee', minPrice: 2900, maxPrice: 6900, inStock: true, sort: 'price' });
      expect(items.map(({ sku }) => sku)).toEqual(['KI-FP-210', 'KI-MG-230', 'KI-KT-220']);
      const soldOut = await list({ inStock: false, category: 'Electronics' });
      expect(soldOut.items.map(({ sku }) => sku)).toEqual(['EL-LT-600']);
    });

    test('when the lowest price is above the highest, then that is refused, and one of both may be given alone', () => {
      const wrong = (range: object) => validateSync(plainToInstance(ListProductsDto, aList(range)));
      expect(wrong({ minPrice: 500, maxPrice: 499 }).map(({ property }) => property)).toEqual(['maxPrice']);
      for (const range of [{ minPrice: 500, maxPrice: 500 }, { minPrice: 500 }, { maxPrice: 0 }])
        expect(wrong(range)).toEqual([]);
    });

    test.each([
      ['cafe', ['CL-SC-420']],
      ['KI-KN', ['KI-KN-100']],
      ['backp 45', ['OU-BP-200']],
      ['!!!', []],
      ['{"$gt":""}', []],
    ])('when %j is searched, then %j are found', async (search, skus) => {
      expect((await list({ search })).items.map(({ sku }) => sku)).toEqual(skus);
    });

    test('when the cursor is of another order or damaged, then it is refused', async () => {
      for (const cursor of [
        encodeCursor(['price', '12', 'id']),
        encodeCursor(['-createdAt', 'x', 'id']),
        encodeCursor(['-createdAt', '1']),
        'x',
      ]) {
        await expect(list({ page: { limit: 5, cursor, page: 0 } })).rejects.toMatchObject({
          reason: 'VALIDATION_FAILED',
        });
      }
    });

    test('when stock runs out or comes back, then the inStock filter follows soon', async () => {
      const { id, category } = await create({ available: 1, category: 'Follows' });
      const shown = async () => (await list({ category, inStock: true })).items.map((item) => item.id);
      expect(await shown()).toEqual([id]);
      const adjust = (delta: number) =>
        asAdmin(() =>
          shop.controller.adjustStock({ productId: id, delta, reason: 'count', adjustmentId: `f${delta}` }),
        );
      await adjust(-1);
      await eventually(async () => expect(await shown()).toEqual([]));
      await adjust(2);
      await eventually(async () => expect(await shown()).toEqual([id]));
    });
  });
});
