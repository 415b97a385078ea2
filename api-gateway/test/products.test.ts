import { DomainError } from '@shop/service-kit';
import { aNewProduct, aProduct } from './builders';
import { openShop, type Shop, type Who } from './shop';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => shop.reset());
afterEach(() => jest.restoreAllMocks());
afterAll(() => shop.close());

const known = (product = aProduct()) => {
  shop.services.products.getProduct = jest.fn(async () => product);
  return product;
};
const listed = (...items: object[]) =>
  (shop.services.products.listProducts = jest.fn(async () => ({ items, page: { nextCursor: '' } })));
const read = (who: Who, id: string, headers = {}) => shop.ask(who, `GET /products/${id}`, { headers });

const shown = (product: ReturnType<typeof aProduct>) => {
  const { revision: _revision, stock: _stock, ...fields } = product;
  return fields;
};

describe('what is shown of a product', () => {
  test.each<[Who, object]>([
    ['anybody', { available: 118 }],
    ['customer', { available: 118 }],
    ['admin', { available: 118, reserved: 2 }],
  ])('when %s reads one, alone or in a list, then its stock reads %j', async (who, stock) => {
    const product = known();
    listed(product);
    const expected = { ...shown(product), stock };
    expect(await read(who, product.id)).toMatchObject({ status: 200, body: expected });
    expect((await read(who, product.id)).body).toEqual(expected);
    const list = await shop.ask(who, `GET /products?search=${product.sku}`);
    expect(list.body).toEqual({ items: [expected], nextCursor: null });
  });

  test('when there is no such product, then 404 PRODUCT_NOT_FOUND', async () => {
    shop.services.products.getProduct = jest.fn(() => Promise.reject(new DomainError('PRODUCT_NOT_FOUND')));
    const answer = await read('anybody', 'unknown');
    expect(answer).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('when an id cannot be one, then it is as unknown, and nobody is asked', async () => {
    for (const id of ['a%20b', 'a%00b', '%24ne', 'x'.repeat(65), '..%2Fusers']) {
      expect(await read('anybody', id)).toMatchObject({ status: 404, body: { code: 'PRODUCT_NOT_FOUND' } });
    }
  });

  test('when products-service is away, then 503 with Retry-After, which nobody keeps', async () => {
    shop.services.products.getProduct = jest.fn(() => Promise.reject(new DomainError('UNAVAILABLE')));
    const answer = await read('anybody', aProduct().id);
    expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe('searching', () => {
  test('when all filters are given, then products-service is asked for just that', async () => {
    const list = listed();
    await shop.ask(
      'anybody',
      'GET /products?search=blue+mug&category=kitchen&minPrice=5&maxPrice=900&inStock=false&sort=-price&limit=7',
    );
    expect(list).toHaveBeenCalledWith({
      ...{ search: 'blue mug', category: 'kitchen', minPrice: 5, maxPrice: 900, inStock: false, sort: '-price' },
      page: { limit: 7, cursor: '', page: 0 },
    });
  });

  test.each([
    ['minPrice=cheap', 'minPrice'],
    ['minPrice=-1', 'minPrice'],
    ['maxPrice=1.5', 'maxPrice'],
    ['minPrice=500&maxPrice=499', 'maxPrice'],
    ['inStock=1', 'inStock'],
    ['sort=stock', 'sort'],
    ['sort[$ne]=name', 'sort[$ne]'],
    ['category=a&category=b', 'category'],
    ['search=%00', 'search'],
    ['where=1', 'where'],
  ])('when the query is %s, then 400 names the parameter', async (query, field) => {
    const answer = await shop.ask('anybody', `GET /products?${query}`);
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ field }] } });
  });
});

describe('what clients keep', () => {
  test('when a product is read, then its ETag is revision and stock version, for a second', async () => {
    const { headers } = await read('anybody', known().id);
    expect(headers.get('etag')).toBe('"3.7"');
    expect(headers.get('cache-control')).toBe('public, max-age=1');
    expect(headers.get('vary')).toContain('Authorization');
  });

  test.each(['"3.7"', 'W/"3.7"', '"1.1", "3.7"', '*'])(
    'when If-None-Match is %s, then 304 without a body',
    async (tag) => {
      const answer = await read('anybody', known().id, { 'if-none-match': tag });
      expect(answer).toMatchObject({ status: 304, body: '' });
      expect(answer.headers.get('etag')).toBe('"3.7"');
      expect(answer.headers.get('cache-control')).toBe('public, max-age=1');
    },
  );

  test.each(['"3.8"', '"4.7"', '3.7', ''])('when If-None-Match is %j, then 200', async (tag) => {
    expect((await read('anybody', known().id, { 'if-none-match': tag })).status).toBe(200);
  });

  test('when a list is read again, then its ETag gives 304 until something in it changes', async () => {
    const product = aProduct();
    listed(product);
    const what = `GET /products?search=${product.sku}`;
    const tag = (await shop.ask('anybody', what)).headers.get('etag') ?? '';
    expect((await shop.ask('anybody', what, { headers: { 'if-none-match': tag } })).status).toBe(304);
    listed({ ...product, name: 'Red mug' });
    await changed('product.updated', product.id);
    expect((await shop.ask('anybody', what, { headers: { 'if-none-match': tag } })).status).toBe(200);
  });
});

const changed = (type: string, productId: string) =>
  shop.gateway.bus.deliver({ id: `${type}-${productId}`, type, subject: productId, time: '', data: { productId } });

describe('what the gateway keeps', () => {
  // Nothing grows old in these tests, so what is forgotten is not forgotten for its age.
  beforeEach(() => {
    const now = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(now);
  });

  test('when many read a list or a product, then products-service is asked once, and all get the same', async () => {
    const product = known();
    const list = listed(product);
    for (const what of [`GET /products?search=${product.sku}`, `GET /products/${product.id}`]) {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, i) => shop.ask(i % 2 ? 'anybody' : 'customer', what)),
      );
      const bodies = answers.map(({ body, headers }) => JSON.stringify([body, headers.get('etag')]));
      expect(new Set(bodies).size).toBe(1);
    }
    expect(list).toHaveBeenCalledTimes(1);
    expect(shop.services.products.getProduct).toHaveBeenCalledTimes(1);
  });

  test('when queries differ, then so do the answers', async () => {
    const [one, other] = [aProduct(), aProduct()];
    shop.services.products.listProducts = jest.fn(async ({ category }: { category: string }) => ({
      items: [category === 'one' ? one : other],
      page: { nextCursor: '' },
    }));
    const idIn = async (category: string) =>
      (await shop.ask('anybody', `GET /products?category=${category}`)).body.items[0].id as string;
    expect([await idIn('one'), await idIn('other'), await idIn('one')]).toEqual([one.id, other.id, one.id]);
  });

  test.each([
    ['product.created', 1, 2],
    ['product.updated', 2, 2],
    ['product.archived', 2, 2],
    ['product.stock_updated', 2, 1],
  ])('when %s is heard, then the product is asked for %i times and the list %i times', async (type, details, lists) => {
    const product = known();
    const list = listed(product);
    const readBoth = () =>
      Promise.all([read('anybody', product.id), shop.ask('anybody', `GET /products?search=${type}`)]);
    await readBoth();
    await changed(type, type === 'product.created' ? 'another' : product.id);
    await readBoth();
    expect(shop.services.products.getProduct).toHaveBeenCalledTimes(details);
    expect(list).toHaveBeenCalledTimes(lists);
  });

  test.each<[string, string, object | undefined]>([
    ['edits it', 'PUT /products/:id', aNewProduct()],
    ['changes its stock', 'PATCH /products/:id/stock', { delta: 1, reason: 'found' }],
    ['archives it', 'DELETE /products/:id', undefined],
  ])('when an admin %s, heard or unheard, then this gateway shows it at once', async (_what, route, body) => {
    const before = aProduct();
    for (const write of [async () => before, () => Promise.reject(new DomainError('UNAVAILABLE'))]) {
      const query = `GET /products?search=${before.sku}`;
      known(before);
      listed(before);
      await Promise.all([read('anybody', before.id), shop.ask('anybody', query)]);
      const after = known({ ...before, name: 'Red mug' });
      listed(after);
      for (const name of ['updateProduct', 'adjustStock', 'archiveProduct'])
        shop.services.products[name] = jest.fn(write);
      await shop.ask('admin', route.replace(':id', before.id), { body });
      expect((await read('anybody', before.id)).body.name).toBe('Red mug');
      expect((await shop.ask('anybody', query)).body.items[0].name).toBe('Red mug');
      await changed('product.updated', before.id);
    }
  });

  test('when a product is added, then lists have it at once', async () => {
    listed();
    expect((await shop.ask('anybody', 'GET /products?search=added')).body.items).toEqual([]);
    const product = aProduct();
    listed(product);
    shop.services.products.createProduct = jest.fn(async () => product);
    await shop.ask('admin', 'POST /products', { body: aNewProduct() });
    expect((await shop.ask('anybody', 'GET /products?search=added')).body.items).toHaveLength(1);
  });

  test('when an admin reads, then it is fresh, private, and nobody else is shown it', async () => {
    const product = known();
    const list = listed(product);
    for (const what of [`GET /products/${product.id}`, `GET /products?search=${product.sku}`]) {
      for (let i = 0; i < 2; i++) {
        const { headers } = await shop.ask('admin', what);
        expect(headers.get('cache-control')).toBe('private, no-cache');
      }
      expect(JSON.stringify((await shop.ask('anybody', what)).body)).not.toContain('reserved');
      expect((await shop.ask('admin', what, { headers: { 'if-none-match': '*' } })).status).toBe(304);
    }
    expect(list).toHaveBeenCalledTimes(4);
    expect(shop.services.products.getProduct).toHaveBeenCalledTimes(4);
  });

  test('when products-service was away, then the next reader is not told so', async () => {
    const product = aProduct();
    shop.services.products.getProduct = jest.fn(() => Promise.reject(new DomainError('UNAVAILABLE')));
    expect((await read('anybody', product.id)).status).toBe(503);
    known(product);
    expect((await read('anybody', product.id)).status).toBe(200);
  });
});
