import { DomainError, type Reason } from '@shop/service-kit';
import { eventually } from '@shop/service-kit/testing';
import { aNewProduct, aProduct } from './builders';
import { admin, openShop, type Shop } from './shop';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => shop.reset());
afterAll(() => shop.close());

const answering = (name: string, product = aProduct()) => {
  const call = jest.fn(async () => product);
  shop.services.products[name] = call;
  return call;
};
const refusing = (name: string, reason: Reason) =>
  (shop.services.products[name] = jest.fn(() => Promise.reject(new DomainError(reason))));
const create = (body: object, path = '/products') => shop.ask('admin', `POST ${path}`, { body });
const replace = (body: object, headers = {}) => shop.ask('admin', 'PUT /products/product-x', { body, headers });
const adjust = (body: object, headers = {}) => shop.ask('admin', 'PATCH /products/product-x/stock', { body, headers });

describe('adding a product', () => {
  test('when it is added, then 201 with where it is, its ETag, and the stock as admins see it', async () => {
    const product = aProduct();
    const call = answering('createProduct', product);
    const answer = await create(aNewProduct({ stock: { available: 5 } }));
    expect(answer).toMatchObject({ status: 201, body: { id: product.id, stock: { available: 118, reserved: 2 } } });
    expect(answer.headers.get('location')).toBe(`/products/${product.id}`);
    expect(answer.headers.get('etag')).toBe('"3.7"');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(call).toHaveBeenCalledWith(aNewProduct({ tags: [], imageUrls: [], available: 5 }));
    expect(shop.accounts.audit).toMatchObject([
      { action: 'product.created', actor: admin.id, target: `product:${product.id}`, ip: '127.0.0.1' },
    ]);
  });

  test('when the client uses /v1, then Location does too', async () => {
    const product = aProduct();
    answering('createProduct', product);
    const { headers } = await create(aNewProduct(), '/v1/products');
    expect(headers.get('location')).toBe(`/v1/products/${product.id}`);
  });

  test('when no stock is given, then there is none', async () => {
    const call = answering('createProduct');
    await create(aNewProduct());
    expect(call).toHaveBeenCalledWith(expect.objectContaining({ available: 0 }));
  });

  test('when another product has the SKU, then 409 SKU_TAKEN, and nothing is in the trail', async () => {
    refusing('createProduct', 'SKU_TAKEN');
    expect(await create(aNewProduct())).toMatchObject({ status: 409, body: { code: 'SKU_TAKEN' } });
    expect(shop.accounts.audit).toEqual([]);
  });

  test('when the trail cannot be reached, then the product is added all the same, and the trail hears of it later', async () => {
    answering('createProduct');
    shop.services.users.recordAudit = jest.fn(() => Promise.reject(new DomainError('UNAVAILABLE')));
    expect((await create(aNewProduct())).status).toBe(201);
    expect(shop.gateway.logs).toContainEqual(
      expect.objectContaining({ 'labels.audit': 'product.created', 'user.id': admin.id }),
    );
    await eventually(() => expect(shop.accounts.audit).toMatchObject([{ action: 'product.created', actor: admin.id }]));
  });

  test('when the trail takes no such record, then the log says that it is lost', async () => {
    answering('createProduct');
    shop.services.users.recordAudit = jest.fn(() => Promise.reject(new DomainError('VALIDATION_FAILED')));
    expect((await create(aNewProduct())).status).toBe(201);
    const lost = { 'event.action': 'audit_record_lost', 'labels.audit': 'product.created' };
    expect(shop.gateway.logs).toContainEqual(expect.objectContaining(lost));
    expect(shop.accounts.audit).toEqual([]);
  });

  test.each<[string, object]>([
    ['price.amount', { price: { amount: 0, currency: 'USD' } }],
    ['price.amount', { price: { amount: -1, currency: 'USD' } }],
    ['price.amount', { price: { amount: 19.99, currency: 'USD' } }],
    ['price.amount', { price: { amount: '1999', currency: 'USD' } }],
    ['price.amount', { price: { amount: 1e15, currency: 'USD' } }],
    ['price.currency', { price: { amount: 1999, currency: 'usd' } }],
    ['price', { price: 1999 }],
    ['price', { price: [] }],
    ['price', { price: null }],
    ['sku', { sku: '' }],
    ['name', { name: ' ' }],
    ['name', { name: 'Blue\nmug' }],
    ['name', { name: 'x'.repeat(201) }],
    ['description', { description: 'NUL \0' }],
    ['category', { category: undefined }],
    ['tags', { tags: 'mug' }],
    ['tags', { tags: [''] }],
    ['tags', { tags: Array(21).fill('mug') }],
    ['imageUrls', { imageUrls: ['javascript:alert(1)'] }],
    ['imageUrls', { imageUrls: ['//img.example/mug.jpg'] }],
    ['stock.available', { stock: { available: -1 } }],
    ['stock.reserved', { stock: { available: 1, reserved: 1 } }],
    ['stock', { stock: 5 }],
    ['id', { id: 'mine' }],
    ['revision', { revision: 1 }],
  ])('when %s is wrong (%j), then 400 names it, and nobody is asked', async (field, changes) => {
    const answer = await create(aNewProduct(changes));
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED', errors: [{ field }] } });
  });
});

describe('replacing a product', () => {
  test.each([
    [undefined, undefined],
    ['*', undefined],
    ['"3.7"', 3],
    ['W/"3.7"', 3],
    ['"12.900"', 12],
    // No product has revision 0: these can only fail.
    ['"another"', 0],
    ['3', 0],
    ['', 0],
  ])('when If-Match is %j, then the revision must be %j', async (header, ifRevision) => {
    const call = answering('updateProduct');
    const answer = await replace(aNewProduct(), header === undefined ? {} : { 'if-match': header });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe('"3.7"');
    expect(call).toHaveBeenCalledWith({ id: 'product-x', ...aNewProduct(), tags: [], imageUrls: [], ifRevision });
    expect(shop.accounts.audit).toMatchObject([{ action: 'product.updated', target: 'product:product-x' }]);
  });

  test('when it has been changed since it was read, then 412', async () => {
    refusing('updateProduct', 'PRECONDITION_FAILED');
    const answer = await replace(aNewProduct(), { 'if-match': '"2.7"' });
    expect(answer).toMatchObject({ status: 412, body: { code: 'PRECONDITION_FAILED' } });
  });

  test('when the body has a stock, then 400: stock has its own route', async () => {
    const answer = await replace(aNewProduct({ stock: { available: 5 } }));
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'stock' }] } });
  });

  test('when something is left out, then 400: it is the whole product', async () => {
    const { name: _name, ...rest } = aNewProduct();
    expect(await replace(rest)).toMatchObject({ status: 400, body: { errors: [{ field: 'name' }] } });
  });
});

describe('adjusting stock', () => {
  const ADJUSTMENT = { delta: -3, reason: 'stocktaking' };

  test.each([
    ['abc-1', 'abc-1'],
    ['"abc-1"', 'abc-1'],
  ])('when Idempotency-Key is %s, then the adjustment is %s, and is recorded once', async (key, adjustmentId) => {
    const call = answering('adjustStock');
    for (let i = 0; i < 2; i++) expect((await adjust(ADJUSTMENT, { 'idempotency-key': key })).status).toBe(200);
    expect(call).toHaveBeenCalledWith({ productId: 'product-x', ...ADJUSTMENT, adjustmentId });
    expect(shop.accounts.audit).toMatchObject(
      Array(2).fill({ action: 'stock.adjusted', details: { delta: '-3', reason: 'stocktaking' } }),
    );
    expect(new Set(shop.accounts.audit.map(({ id }) => id)).size).toBe(1);
  });

  test('when there is no key, then every request is an adjustment of its own', async () => {
    const call = answering('adjustStock');
    for (let i = 0; i < 2; i++) await adjust(ADJUSTMENT);
    const ids = call.mock.calls.map(([request]: any) => request.adjustmentId as string);
    expect(new Set(ids).size).toBe(2);
    expect(new Set(shop.accounts.audit.map(({ id }) => id)).size).toBe(2);
  });

  test.each(['', '""', 'a b', 'é', 'x'.repeat(256)])('when the key is %j, then 400', async (key) => {
    const answer = await adjust(ADJUSTMENT, { 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });

  test.each<[Reason, number]>([
    ['INSUFFICIENT_STOCK', 409],
    ['PRODUCT_NOT_FOUND', 404],
    ['IDEMPOTENCY_KEY_REUSED', 422],
  ])('when products-service says %s, then %i', async (code, status) => {
    refusing('adjustStock', code);
    expect(await adjust(ADJUSTMENT)).toMatchObject({ status, body: { code } });
    expect(shop.accounts.audit).toEqual([]);
  });

  test.each<[string, object]>([
    ['delta', { delta: 0, reason: 'x' }],
    ['delta', { delta: 1.5, reason: 'x' }],
    ['delta', { delta: '1', reason: 'x' }],
    ['delta', { delta: 1e10, reason: 'x' }],
    ['reason', { delta: 1 }],
    ['reason', { delta: 1, reason: '' }],
    ['available', { delta: 1, reason: 'x', available: 5 }],
  ])('when %s is wrong (%j), then 400 names it', async (field, body) => {
    expect(await adjust(body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('archiving', () => {
  test('when a product is archived twice, then 204 twice, without a body, and one record', async () => {
    shop.services.products.archiveProduct = jest.fn(async () => ({}));
    for (let i = 0; i < 2; i++) {
      expect(await shop.ask('admin', 'DELETE /products/product-x')).toMatchObject({ status: 204, body: '' });
    }
    expect(shop.services.products.archiveProduct).toHaveBeenCalledWith({ id: 'product-x' });
    expect(new Set(shop.accounts.audit.map(({ id }) => id)).size).toBe(1);
  });
});
