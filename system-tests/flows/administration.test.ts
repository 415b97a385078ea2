import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf, aProductWithoutStock } from '../testing/builders';
import type { Client } from '../testing/client';
import { withSlack } from '../testing/promised-times';
import { Shop } from '../testing/shop';

const SECOND = 1000;
let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await Shop.open();
  admin = shop.admin;
});

/** Newest first. What an admin did may come there a moment after the answer. */
function expectAudited(target: string, actions: unknown): Promise<void> {
  return eventually(async () => expect(await auditedActions(target)).toEqual(actions));
}

async function auditedActions(target: string): Promise<string[]> {
  const { body } = await admin.call('GET', `/audit?actor=${admin.account.id}&limit=100`);
  const records = body.items as { target: string; action: string }[];
  return records.filter((record) => record.target === target).map(({ action }) => action);
}

describe('products', () => {
  test('when an admin adds, edits and archives a product, then customers see each step', async () => {
    const created = await admin.call('POST', '/products', { ...aProductWithoutStock(), stock: { available: 5 } });
    const { id, sku } = created.body;
    expect(created).toMatchObject({ status: 201, body: { stock: { available: 5, reserved: 0 } } });
    expect(created.headers.get('location')).toBe(`/products/${id}`);
    expect(await admin.call('POST', '/products', aProductWithoutStock({ sku }))).toMatchObject({
      status: 409,
      body: { code: 'SKU_TAKEN' },
    });

    const customer = await shop.customer();
    const path = `/products/${id}`;
    expect((await customer.call('GET', path)).body).toMatchObject({ sku, stock: { available: 5 } });
    const order = await customer.call('POST', '/orders', anOrderOf(id));
    expect(order.status).toBe(201);

    // The sale came after the admin had read: only the revision counts.
    const read = { 'if-match': created.headers.get('etag') ?? '' };
    const dearer = aProductWithoutStock({ sku, name: 'Dear lantern', price: { amount: 2999, currency: 'USD' } });
    const edited = await admin.sending(read).call('PUT', path, dearer);
    expect(edited).toMatchObject({ status: 200, body: { name: 'Dear lantern', price: { amount: 2999 } } });
    expect(await admin.sending(read).call('PUT', path, dearer)).toMatchObject({
      status: 412,
      body: { code: 'PRECONDITION_FAILED' },
    });
    expect((await customer.call('GET', path)).body).toMatchObject({ name: 'Dear lantern', price: { amount: 2999 } });

    expect((await admin.call('DELETE', path)).status).toBe(204);
    expect((await customer.call('GET', path)).status).toBe(404);
    expect((await admin.call('GET', path)).status).toBe(404);
    expect((await customer.call('GET', `/products?search=${sku}`)).body.items).toEqual([]);
    expect(await customer.call('POST', '/orders', anOrderOf(id))).toMatchObject({
      status: 404,
      body: { code: 'PRODUCT_NOT_FOUND' },
    });
    expect((await customer.call('GET', `/orders/${order.body.id}`)).body.items).toEqual(order.body.items);
    expect(order.body.items).toMatchObject([{ sku, name: 'Test lantern', unitPrice: { amount: 1999 } }]);
    await expectAudited(`product:${id}`, ['product.archived', 'product.updated', 'product.created']);
  });

  test('when stock is adjusted, then a key counts once, and it never goes below zero', async () => {
    const id = await shop.productOnSale(5);
    const adjust = (delta: number, key?: string) =>
      admin
        .sending(key ? { 'idempotency-key': key } : {})
        .call('PATCH', `/products/${id}/stock`, { delta, reason: 'stocktaking' });
    const key = randomUUID();
    expect((await adjust(7, key)).body.stock).toEqual({ available: 12, reserved: 0 });
    expect((await adjust(7, key)).body.stock).toEqual({ available: 12, reserved: 0 });
    expect(await adjust(8, key)).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(await adjust(-13)).toMatchObject({ status: 409, body: { code: 'INSUFFICIENT_STOCK' } });
    expect((await adjust(-12)).body.stock).toEqual({ available: 0, reserved: 0 });
    await eventually(
      async () => expect((await shop.anonymous().call('GET', `/products/${id}`)).body.stock).toEqual({ available: 0 }),
      withSlack(SECOND),
    );
    await expectAudited(`product:${id}`, expect.arrayContaining(['stock.adjusted']));
  });
});

describe('users', () => {
  test('when an admin looks for a user, then the address finds them', async () => {
    const { account } = await shop.customer();
    const found = await admin.call('GET', `/users?search=${account.email.toUpperCase()}`);
    expect(found.body.items).toMatchObject([{ id: account.id, email: account.email, role: 'customer' }]);
    expect((await admin.call('GET', `/users/${account.id}`)).body).toEqual(found.body.items[0]);
    expect((await admin.call('GET', '/users?limit=2&page=1')).body).toMatchObject({
      items: [{}, {}],
      total: expect.any(Number),
    });
  });

  test('when a role changes, then the live session has it at once', async () => {
    const customer = await shop.customer();
    const changeRole = (role: string) => admin.call('PATCH', `/users/${customer.account.id}`, { role });
    expect((await customer.call('GET', '/orders/all')).status).toBe(403);
    expect(await changeRole('admin')).toMatchObject({ status: 200, body: { role: 'admin' } });
    await eventually(
      async () => expect((await customer.call('GET', '/orders/all')).status).toBe(200),
      withSlack(SECOND),
    );
    expect(await changeRole('customer')).toMatchObject({ status: 200, body: { role: 'customer' } });
    await eventually(
      async () => expect((await customer.call('GET', '/orders/all')).status).toBe(403),
      withSlack(SECOND),
    );
  });

  test('when a user is disabled, then they are out within a second, and in again only when enabled', async () => {
    const customer = await shop.customer();
    const { id, email, password } = customer.account;
    expect((await admin.call('PATCH', `/users/${id}`, { disabled: true })).body.disabled).toBe(true);
    await eventually(async () => expect((await customer.call('GET', '/users/me')).status).toBe(401), withSlack(SECOND));
    expect((await customer.refresh()).status).toBe(401);
    expect(await customer.logIn(email, password)).toMatchObject({ status: 401, body: { code: 'INVALID_CREDENTIALS' } });
    expect((await admin.call('PATCH', `/users/${id}`, { disabled: false })).status).toBe(200);
    expect((await customer.logIn(email, password)).status).toBe(200);
    await expectAudited(`user:${id}`, ['user.enabled', 'user.disabled']);
  });

  test('when a user is erased, then their session and name are gone, and their orders stay without a name', async () => {
    const productId = await shop.productOnSale(1);
    const customer = await shop.customer();
    const { id, email, password } = customer.account;
    const order = await customer.call('POST', '/orders', anOrderOf(productId));
    expect((await admin.call('DELETE', `/users/${id}`)).status).toBe(204);
    await eventually(async () => expect((await customer.call('GET', '/users/me')).status).toBe(401), withSlack(SECOND));
    expect((await customer.logIn(email, password)).status).toBe(401);
    expect((await admin.call('GET', `/users?search=${email}`)).body.items).toEqual([]);
    await eventually(async () => {
      const { status, body } = await admin.call('GET', `/orders/${order.body.id}`);
      expect({ status, address: body.shippingAddress }).toEqual({ status: 200, address: null });
      expect(body.items).toEqual(order.body.items);
    });
    await expectAudited(`user:${id}`, ['user.erased']);
  });

  test.each([
    ['PATCH', { disabled: true }],
    ['PATCH', { role: 'customer' }],
    ['DELETE', undefined],
  ])('when an admin would %s themselves with %j, then 409', async (method, body) => {
    expect(await admin.call(method, `/users/${admin.account.id}`, body)).toMatchObject({
      status: 409,
      body: { code: 'CANNOT_CHANGE_SELF' },
    });
  });
});

describe('orders', () => {
  test('when an admin looks at all orders, then by user, by status and page by page', async () => {
    const productId = await shop.productOnSale(3);
    const customer = await shop.customer();
    const placed: string[] = [];
    for (let i = 0; i < 3; i++) placed.push((await customer.call('POST', '/orders', anOrderOf(productId))).body.id);
    await customer.call('POST', `/orders/${placed[0]}/cancel`);

    const find = async (query: string): Promise<{ ids: string[]; nextCursor: string | null }> => {
      const { body } = await admin.call('GET', `/orders/all?userId=${customer.account.id}${query}`);
      return { ids: body.items.map(({ id }: { id: string }) => id), nextCursor: body.nextCursor };
    };
    const newestFirst = [...placed].reverse();
    expect((await find('')).ids).toEqual(newestFirst);
    expect((await find('&status=cancelled')).ids).toEqual([placed[0]]);
    expect((await find('&status=confirmed')).ids).toEqual(newestFirst.slice(0, 2));
    const first = await find('&limit=2');
    const second = await find(`&limit=2&cursor=${first.nextCursor}`);
    expect([...first.ids, ...second.ids]).toEqual(newestFirst);
    expect(second.nextCursor).toBeNull();
  });

  test('when an order is shipped and delivered, then no other way leads there, and it cannot be cancelled', async () => {
    const productId = await shop.productOnSale(1);
    const customer = await shop.customer();
    const { id } = (await customer.call('POST', '/orders', anOrderOf(productId))).body;
    const say = (status: string) => admin.call('PATCH', `/orders/${id}/status`, { status });
    const illegal = { status: 409, body: { code: 'ILLEGAL_TRANSITION' } };

    expect(await say('delivered')).toMatchObject(illegal);
    expect(await say('shipped')).toMatchObject({ status: 200, body: { status: 'shipped' } });
    expect(await customer.call('POST', `/orders/${id}/cancel`)).toMatchObject({
      status: 409,
      body: { code: 'ORDER_NOT_CANCELLABLE' },
    });
    expect(await say('delivered')).toMatchObject({ status: 200, body: { status: 'delivered' } });
    expect(await say('shipped')).toMatchObject(illegal);
    const { body } = await customer.call('GET', `/orders/${id}`);
    expect(body.history.map(({ status }: { status: string }) => status)).toEqual([
      'pending',
      'confirmed',
      'shipped',
      'delivered',
    ]);
    expect(body.history.flatMap((entry: object) => ('by' in entry ? [entry] : []))).toEqual([]);
    await expectAudited(`order:${id}`, ['order.status_changed', 'order.status_changed']);
    const seen = (await admin.call('GET', `/orders/${id}`)).body.history as { status: string; by?: string }[];
    expect(seen.map(({ status, by }) => [status, by])).toEqual([
      ['pending', customer.account.id],
      ['confirmed', undefined],
      ['shipped', admin.account.id],
      ['delivered', admin.account.id],
    ]);
  });

  test("when an admin cancels somebody's order, then it is cancelled, and the trail says by whom", async () => {
    const productId = await shop.productOnSale(1);
    const customer = await shop.customer();
    const { id } = (await customer.call('POST', '/orders', anOrderOf(productId))).body;
    expect((await admin.call('POST', `/orders/${id}/cancel`)).body.status).toBe('cancelled');
    expect((await customer.call('GET', `/orders/${id}`)).body.status).toBe('cancelled');
    const { body } = await admin.call('GET', `/orders/all?userId=${customer.account.id}`);
    expect(body.items[0].history.at(-1)).toMatchObject({ reason: 'CANCELLED_BY_ADMIN', by: admin.account.id });
    await expectAudited(`order:${id}`, ['order.cancelled_by_admin']);
  });
});

test('when the trail is asked by time and action, then only these are there, and only admins may ask', async () => {
  const from = new Date().toISOString();
  const id = await shop.productOnSale(1);
  await shop.productOnSale(1);
  const to = new Date(Date.now() + SECOND).toISOString();
  const items = await eventually(async () => {
    const { body } = await admin.call('GET', `/audit?action=product.created&from=${from}&to=${to}`);
    expect(body.items).toHaveLength(2);
    return body.items;
  });
  expect(items[1]).toMatchObject({ target: `product:${id}`, actor: admin.account.id, action: 'product.created' });
  expect((await admin.call('GET', `/audit?to=${from}&action=product.created`)).body.items).not.toContainEqual(
    expect.objectContaining({ target: `product:${id}` }),
  );
  expect((await (await shop.customer()).call('GET', '/audit')).status).toBe(403);
});
