import { type DomainError, ServiceTokens } from '@shop/service-kit';
import { asAdmin, asUser, SERVICE_SECRET } from '@shop/service-kit/testing';
import type { orders } from '@shop/proto';
import { anAddress, aRequest, placed } from './builders';
import { startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.close());

const METHODS = ['placeOrder', 'getOrder', 'listOrders', 'cancelOrder', 'updateOrderStatus'] as const;

describe('for whom', () => {
  test.each(METHODS)('when %s is called on behalf of nobody, then UNAUTHENTICATED', async (method) => {
    const { id } = await placed(shop);
    const request = { ...aRequest(shop), id, status: method === 'updateOrderStatus' ? 'shipped' : '' };
    await expect(shop.orders[method](request as never)).rejects.toMatchObject({ reason: 'UNAUTHENTICATED' });
  });

  test('when customers change how far an order is, then FORBIDDEN', async () => {
    const { id, userId } = await placed(shop);
    const change = asUser(userId, () => shop.orders.updateOrderStatus({ id, status: 'shipped' }));
    await expect(change).rejects.toMatchObject({ reason: 'FORBIDDEN' });
  });
});

describe('what may be asked', () => {
  const line = (changes: object = {}) => ({ productId: 'p', quantity: 1, ...changes });
  const many = (count: number) => Array.from({ length: count }, (_, n) => line({ productId: `p${n}` }));

  test.each<[string, string, Partial<orders.PlaceOrderRequest>]>([
    ['nothing to buy', 'items', { items: [] }],
    ['51 lines', 'items', { items: many(51) }],
    ['a product twice', 'items', { items: [line(), line()] }],
    ['no quantity', 'items.0.quantity', { items: [line({ quantity: 0 })] }],
    ['a negative quantity', 'items.0.quantity', { items: [line({ quantity: -1 })] }],
    ['101 of something', 'items.0.quantity', { items: [line({ quantity: 101 })] }],
    ['no product', 'items.0.productId', { items: [line({ productId: '' })] }],
    ['a NUL', 'items.0.productId', { items: [line({ productId: 'p\0' })] }],
    ['no card', 'paymentMethod', { paymentMethod: '' }],
    ['no address', 'shippingAddress', { shippingAddress: undefined }],
    ['no city', 'shippingAddress.city', { shippingAddress: anAddress({ city: '' }) }],
    ['a country that is none', 'shippingAddress.country', { shippingAddress: anAddress({ country: 'XX' }) }],
    ['two lines in one', 'shippingAddress.name', { shippingAddress: anAddress({ name: 'a\nb' }) }],
    ['a key with a space', 'idempotencyKey', { idempotencyKey: 'a b' }],
    ['a key of 256 characters', 'idempotencyKey', { idempotencyKey: 'k'.repeat(256) }],
    ['more patience than there is', 'waitMs', { waitMs: 2501 }],
  ])('when an order has %s, then %s is what is wrong with it, and there is none', async (_what, field, changes) => {
    const request = { ...aRequest(shop), ...changes };
    const error = await asUser(request.userId, () => shop.orders.placeOrder(request)).then(
      () => undefined,
      (reason: unknown) => reason as DomainError,
    );
    expect(error).toMatchObject({ reason: 'VALIDATION_FAILED' });
    expect(error!.fields?.map((wrong) => wrong.field)).toEqual([field]);
    const mine = await asUser(request.userId, () =>
      shop.orders.listOrders({ page: undefined, userId: request.userId, status: '' }),
    );
    expect(mine.items).toEqual([]);
  });

  test('when the status is none, then VALIDATION_FAILED', async () => {
    const { id } = await placed(shop);
    const wrong = { reason: 'VALIDATION_FAILED', fields: [{ field: 'status', message: expect.any(String) }] };
    for (const status of ['', 'confirmed', 'PENDING', 'shipped ']) {
      await expect(asAdmin(() => shop.orders.updateOrderStatus({ id, status }))).rejects.toMatchObject(wrong);
    }
    const list = asAdmin(() => shop.orders.listOrders({ page: undefined, userId: '', status: 'PAYING' }));
    await expect(list).rejects.toMatchObject(wrong);
  });
});

describe('the read-only view on the HTTP port', () => {
  const get = (path: string, authorization = '') => fetch(`${shop.http}${path}`, { headers: { authorization } });
  const tokenFor = (audience: string) => `Bearer ${new ServiceTokens('operator', SERVICE_SECRET).issue(audience)}`;

  test('when it is read with a service token, then orders are shown', async () => {
    const order = await placed(shop);
    expect(await (await get(`/orders/${order.id}`, tokenFor('orders-service'))).json()).toEqual(order);
    expect((await get('/orders/x', tokenFor('orders-service'))).status).toBe(404);
  });

  test('when it is read with another token or none, or written to, then it is refused', async () => {
    const { id } = await placed(shop);
    for (const authorization of ['', 'Bearer nonsense', tokenFor('users-service')]) {
      expect((await get(`/orders/${id}`, authorization)).status).toBe(401);
    }
    const authorization = tokenFor('orders-service');
    const write = await fetch(`${shop.http}/orders/${id}`, { method: 'DELETE', headers: { authorization } });
    expect(write.status).toBe(404);
  });

  test('when database and service are there and the broker is not, then it is ready, degraded', async () => {
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ok', details: { postgres: { status: 'up' } } });
  });
});
