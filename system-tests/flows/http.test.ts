import type { Client } from '../testing/client';
import { anOrderOf } from '../testing/builders';
import { problem } from '../testing/shapes';
import { Shop } from '../testing/shop';

let shop: Shop;
let anybody: Client;

beforeAll(async () => {
  shop = await Shop.open();
  anybody = shop.anonymous();
});

describe('caching', () => {
  test('when a product is read again with its ETag, then 304 without a body until it changes', async () => {
    const path = `/products/${await shop.productOnSale(3)}`;
    const first = await anybody.call('GET', path);
    const ifChanged = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await anybody.sending(ifChanged).call('GET', path);
    expect({ status: again.status, body: again.body }).toEqual({ status: 304, body: undefined });
    expect(again.headers.get('etag')).toBe(first.headers.get('etag'));
    await shop.admin.call('PATCH', `${path}/stock`, { delta: 1, reason: 'delivery' });
    expect(await anybody.sending(ifChanged).call('GET', path)).toMatchObject({
      status: 200,
      body: { stock: { available: 4 } },
    });
  });

  test('when a list is read again with its ETag, then 304', async () => {
    const { headers } = await anybody.call('GET', '/products?limit=2&sort=price');
    const ifChanged = { 'if-none-match': headers.get('etag') ?? '' };
    expect((await anybody.sending(ifChanged).call('GET', '/products?limit=2&sort=price')).status).toBe(304);
  });

  test('when an admin reads products, then no cache keeps the answer', async () => {
    const path = `/products/${await shop.productOnSale(3)}`;
    const forAdmin = await shop.admin.call('GET', path);
    expect(forAdmin.headers.get('cache-control')).toMatch(/private/);
    expect(forAdmin.body.stock).toEqual({ available: 3, reserved: 0 });
    expect((await anybody.call('GET', path)).body.stock).toEqual({ available: 3 });
  });
});

describe('lists', () => {
  test('when Link is followed to the end, then every product comes once', async () => {
    const category = `links-${Date.now()}`;
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) ids.push(await shop.productOnSale(1, { category }));
    const seen: string[] = [];
    let next: string | undefined = `/v1/products?category=${category}&limit=2&sort=createdAt`;
    while (next) {
      const { headers, body } = await anybody.call('GET', next);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      next = /^<(.+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
      expect(body.nextCursor !== null).toBe(next !== undefined);
    }
    expect(seen).toEqual(ids);
  });

  test('when a page is asked by number, then the total comes along', async () => {
    const category = `pages-${Date.now()}`;
    for (let i = 0; i < 3; i++) await shop.productOnSale(1, { category });
    const { body } = await anybody.call('GET', `/products?category=${category}&limit=2&page=2`);
    expect({ items: body.items.length, total: body.total }).toEqual({ items: 1, total: 3 });
  });
});

describe('every request', () => {
  test('when it brings an X-Request-Id, then the answer and its problem have it', async () => {
    const id = 'checkout-0815';
    const { headers, body } = await anybody.sending({ 'x-request-id': id }).call('GET', '/orders');
    expect(headers.get('x-request-id')).toBe(id);
    expect(body).toEqual({ ...problem(401, 'UNAUTHENTICATED'), requestId: id });
  });

  test('when its X-Request-Id is none, then it gets one', async () => {
    const { headers } = await anybody.sending({ 'x-request-id': 'no id at all' }).call('GET', '/health/live');
    expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  });

  test('when its path begins with /v1, then it is the same API, and what it names is there too', async () => {
    const id = await shop.productOnSale(2);
    const versioned = await anybody.call('GET', `/v1/products/${id}`);
    expect(versioned.body).toEqual((await anybody.call('GET', `/products/${id}`)).body);
    const customer = await shop.customer();
    const order = await customer.call('POST', '/v1/orders', anOrderOf(id));
    expect(order.headers.get('location')).toBe(`/v1/orders/${order.body.id}`);
    expect((await customer.call('GET', `/v1/orders/${order.body.id}`)).body).toEqual(order.body);
    expect((await anybody.call('GET', '/v1/orders')).body.instance).toBe('/v1/orders');
  });
});
