import type { orders } from '@shop/proto';
import { DomainError, type Reason } from '@shop/service-kit';
import { anOrder, aWish } from './builders';
import { admin, customer, openShop, type Shop } from './shop';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => shop.reset());
afterAll(() => shop.close());

const outcome = (changes: Partial<orders.PlaceOrderResponse> = {}): orders.PlaceOrderResponse => ({
  order: anOrder(),
  outcome: 'confirmed',
  shortages: [],
  replayed: false,
  ...changes,
});
const answering = (changes: Partial<orders.PlaceOrderResponse> = {}) =>
  (shop.services.orders.placeOrder = jest.fn(async () => outcome(changes)));
const refusing = (name: string, error: DomainError) =>
  (shop.services.orders[name] = jest.fn(() => Promise.reject(error)));
const place = (body: object = aWish(), headers = {}, path = '/orders') =>
  shop.ask('customer', `POST ${path}`, { body, headers });

const CONFIRMED = {
  ...anOrder(),
  shippingAddress: { name: 'Ada', line1: '1 Mill Lane', city: 'London', postalCode: 'E1 6AN', country: 'GB' },
  history: [
    { status: 'pending', at: '2026-01-01T00:00:00.000Z' },
    { status: 'confirmed', at: '2026-01-01T00:00:01.000Z' },
  ],
};

describe('ordering', () => {
  test('when the order is confirmed, then 201 with the order and where it is', async () => {
    const call = answering();
    const answer = await place();
    expect(answer).toMatchObject({ status: 201, body: CONFIRMED });
    expect(answer.body).toEqual(CONFIRMED);
    expect(answer.headers.get('location')).toBe('/orders/order-1');
    expect(answer.headers.get('idempotent-replayed')).toBeNull();
    expect(call).toHaveBeenCalledWith(
      expect.objectContaining({ userId: customer.id, items: aWish().items, idempotencyKey: '' }),
      expect.anything(),
    );
  });

  test('when the client uses /v1, then Location does too', async () => {
    answering();
    expect((await place(aWish(), {}, '/v1/orders')).headers.get('location')).toBe('/v1/orders/order-1');
  });

  test('when it is not decided in time, then 202 with the pending order and where it will be', async () => {
    const payment = { provider: 'simulated', method: 'pm_card_slow', status: 'pending', reference: '' };
    answering({ outcome: 'pending', order: anOrder({ status: 'pending', payment }) });
    const answer = await place();
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
    expect(answer.body.payment).toEqual({ provider: 'simulated', method: 'pm_card_slow', status: 'pending' });
    expect(answer.headers.get('location')).toBe('/orders/order-1');
  });

  test('when there is not enough, then 409 with the failed order’s id and what is short', async () => {
    const items = [{ productId: 'product-1', requested: 2, available: 1 }];
    answering({ outcome: 'OUT_OF_STOCK', order: anOrder({ status: 'failed' }), shortages: items });
    const answer = await place();
    expect(answer).toMatchObject({ status: 409, body: { code: 'OUT_OF_STOCK', orderId: 'order-1', items } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.headers.get('location')).toBeNull();
  });

  test('when the card is declined, then 402 with the failed order’s id', async () => {
    answering({ outcome: 'PAYMENT_DECLINED', order: anOrder({ status: 'failed' }) });
    expect(await place()).toMatchObject({ status: 402, body: { code: 'PAYMENT_DECLINED', orderId: 'order-1' } });
  });

  test('when stock was silent until the order failed, then 409 and nothing was charged', async () => {
    answering({ outcome: 'STOCK_TIMEOUT', order: anOrder({ status: 'failed' }) });
    const answer = await place();
    expect(answer).toMatchObject({ status: 409, body: { code: 'OUT_OF_STOCK', orderId: 'order-1' } });
    expect(answer.body.detail).toContain('nothing was charged');
  });

  test.each<[Reason, number]>([
    ['PRODUCT_NOT_FOUND', 404],
    ['IDEMPOTENCY_KEY_REUSED', 422],
    ['REQUEST_IN_PROGRESS', 409],
    ['VALIDATION_FAILED', 400],
  ])('when orders-service says %s, then %i', async (code, status) => {
    refusing('placeOrder', new DomainError(code));
    expect(await place()).toMatchObject({ status, body: { code } });
  });
});

describe('Idempotency-Key', () => {
  test.each(['key-1', '"key-1"'])('when it is %s, then orders-service gets it without quotes', async (key) => {
    const call = answering();
    await place(aWish(), { 'idempotency-key': key });
    expect(call).toHaveBeenCalledWith(expect.objectContaining({ idempotencyKey: 'key-1' }), expect.anything());
  });

  test('when it was used before, then the same answer says so, be it good or bad', async () => {
    answering({ replayed: true });
    const good = await place(aWish(), { 'idempotency-key': 'key-1' });
    expect(good).toMatchObject({ status: 201, body: CONFIRMED });
    expect(good.headers.get('idempotent-replayed')).toBe('true');
    answering({ replayed: true, outcome: 'PAYMENT_DECLINED', order: anOrder({ status: 'failed' }) });
    const bad = await place(aWish(), { 'idempotency-key': 'key-2' });
    expect(bad.status).toBe(402);
    expect(bad.headers.get('idempotent-replayed')).toBe('true');
  });

  test.each(['', '""', 'two words', 'x'.repeat(256)])('when it is %j, then 400', async (key) => {
    const answer = await place(aWish(), { 'idempotency-key': key });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ field: 'Idempotency-Key' }] } });
  });
});

describe('what an order may say', () => {
  const line = (changes: object) => ({ items: [{ productId: 'product-1', quantity: 1, ...changes }] });
  const address = (changes: object) => ({ shippingAddress: { ...aWish().shippingAddress, ...changes } });
  const lines = (n: number) => Array.from({ length: n }, (_, i) => ({ productId: `product-${i}`, quantity: 1 }));

  test.each<[string, object]>([
    ['price', { price: 1 }],
    ['total', { total: { amount: 1, currency: 'USD' } }],
    ['status', { status: 'confirmed' }],
    ['userId', { userId: 'user-2' }],
    ['items.0.price', line({ price: 1 })],
    ['items.0.unitPrice', line({ unitPrice: { amount: 1, currency: 'USD' } })],
    ['items.0.quantity', line({ quantity: 0 })],
    ['items.0.quantity', line({ quantity: 101 })],
    ['items.0.quantity', line({ quantity: 1.5 })],
    ['items.0.quantity', line({ quantity: '1' })],
    ['items.0.quantity', line({ quantity: -1 })],
    ['items.0.productId', line({ productId: '' })],
    ['items.0.productId', line({ productId: { $ne: '' } })],
    ['items', { items: [] }],
    ['items', { items: lines(51) }],
    ['items', { items: [...lines(2), ...lines(1)] }],
    ['items', { items: 'product-1' }],
    ['items', { items: [null] }],
    ['paymentMethod', { paymentMethod: undefined }],
    ['paymentMethod', { paymentMethod: '' }],
    ['shippingAddress', { shippingAddress: undefined }],
    ['shippingAddress', { shippingAddress: [] }],
    ['shippingAddress.country', address({ country: 'gb' })],
    ['shippingAddress.country', address({ country: 'XX' })],
    ['shippingAddress.city', address({ city: ' ' })],
    ['shippingAddress.line2', address({ line2: null })],
    ['shippingAddress.vip', address({ vip: true })],
  ])('when %s is wrong (%j), then 400 names it, and nothing is ordered', async (field, changes) => {
    const answer = await place(aWish(changes));
    expect(answer).toMatchObject({ status: 400, body: { code: 'VALIDATION_FAILED' } });
    expect(answer.body.errors[0]).toMatchObject({ field });
  });

  test.each([
    [1, 1],
    [100, 50],
  ])('when there are %i units of each of %i products, then that is fine', async (quantity, products) => {
    const call = answering();
    const items = lines(products).map((one) => ({ ...one, quantity }));
    expect((await place(aWish({ items }))).status).toBe(201);
    expect(call).toHaveBeenCalledWith(expect.objectContaining({ items }), expect.anything());
  });
});

describe('when orders-service is slow or away', () => {
  test('then it is told to answer so early that the client hears of it within 2.5 s', async () => {
    const call = answering();
    await place();
    const [[request, options]] = call.mock.calls as any;
    expect(request.waitMs).toBeGreaterThan(1500);
    expect(request.waitMs).toBeLessThanOrEqual(2300);
    expect(options.timeoutMs).toBeGreaterThan(request.waitMs);
    expect(options.timeoutMs).toBeLessThanOrEqual(2450);
  });

  test('and decides at the very end of what it may take, then 202', async () => {
    shop.services.orders.placeOrder = jest.fn(async ({ waitMs }: orders.PlaceOrderRequest) => {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
      return outcome({ outcome: 'pending', order: anOrder({ status: 'pending' }) });
    });
    expect((await place()).status).toBe(202);
  });

  test.each([
    ['placeOrder', 'POST /orders', aWish()],
    ['getOrder', 'GET /orders/order-1', undefined],
  ])('and never answers (%s), then 503 with Retry-After all the same', async (name, what, body) => {
    shop.services.orders[name] = jest.fn(() => new Promise(() => undefined));
    const answer = await shop.ask('customer', what, { body });
    expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  test.each([
    ['placeOrder', 'POST /orders', aWish()],
    ['listOrders', 'GET /orders', undefined],
    ['getOrder', 'GET /orders/order-1', undefined],
    ['cancelOrder', 'POST /orders/order-1/cancel', undefined],
  ])('and cannot be reached (%s), then 503 with Retry-After', async (name, what, body) => {
    refusing(name, new DomainError('UNAVAILABLE', { retryAfterMs: 1000 }));
    const answer = await shop.ask('customer', what, { body });
    expect(answer).toMatchObject({ status: 503, body: { code: 'UNAVAILABLE' } });
    expect(answer.headers.get('retry-after')).toBe('1');
  });
});

describe('reading and cancelling', () => {
  test('when customers list their orders, then only theirs are asked for, with the status they name', async () => {
    const call = (shop.services.orders.listOrders = jest.fn(async () => ({
      items: [anOrder()],
      page: { nextCursor: '' },
    })));
    const answer = await shop.ask('customer', 'GET /orders?status=confirmed');
    expect(answer.body).toEqual({ items: [CONFIRMED], nextCursor: null });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(call).toHaveBeenCalledWith(expect.objectContaining({ userId: customer.id, status: 'confirmed' }));
    expect(await shop.ask('customer', 'GET /orders?userId=user-2')).toMatchObject({ status: 400 });
    expect(await shop.ask('customer', 'GET /orders?status=lost')).toMatchObject({ status: 400 });
  });

  test('when admins list all orders, then everybody’s, or one user’s', async () => {
    const call = (shop.services.orders.listOrders = jest.fn(async () => ({
      items: [anOrder()],
      page: { nextCursor: '' },
    })));
    expect((await shop.ask('admin', 'GET /orders/all')).body.items).toEqual([CONFIRMED]);
    await shop.ask('admin', 'GET /orders/all?userId=user-9&status=failed');
    expect(call.mock.calls).toEqual([
      [expect.objectContaining({ userId: '', status: '' })],
      [expect.objectContaining({ userId: 'user-9', status: 'failed' })],
    ]);
  });

  test('when somebody has changed an order, then admins see who, and customers do not', async () => {
    const at = '2026-01-01T00:00:02.000Z';
    const order = () => anOrder({ status: 'shipped', history: [{ status: 'shipped', at, reason: '', by: admin.id }] });
    const list = async () => ({ items: [order()], page: { nextCursor: '' } });
    const { orders } = shop.services;
    orders.getOrder = orders.cancelOrder = orders.updateOrderStatus = jest.fn(async () => order());
    orders.listOrders = jest.fn(list);
    const shown = { history: [{ status: 'shipped', at }] };
    const withWho = { history: [{ status: 'shipped', at, by: admin.id }] };
    for (const route of ['GET /orders/order-1', 'POST /orders/order-1/cancel'] as const) {
      expect((await shop.ask('customer', route)).body.history).toEqual(shown.history);
      expect((await shop.ask('admin', route)).body.history).toEqual(withWho.history);
    }
    expect((await shop.ask('customer', 'GET /orders')).body.items).toEqual([expect.objectContaining(shown)]);
    expect((await shop.ask('admin', 'GET /orders/all')).body.items).toEqual([expect.objectContaining(withWho)]);
    const patched = await shop.ask('admin', 'PATCH /orders/order-1/status', { body: { status: 'shipped' } });
    expect(patched.body).toMatchObject(withWho);
  });

  test('when an order’s owner was erased, then it is shown without an address', async () => {
    shop.services.orders.getOrder = jest.fn(async () => anOrder({ shippingAddress: undefined, userId: '' }));
    expect((await shop.ask('admin', 'GET /orders/order-1')).body).toMatchObject({ shippingAddress: null, userId: '' });
  });

  test('when it is somebody else’s or no id at all, then 404 NOT_FOUND', async () => {
    refusing('getOrder', new DomainError('NOT_FOUND'));
    const foreign = await shop.ask('customer', 'GET /orders/order-9');
    const malformed = await shop.ask('customer', 'GET /orders/not%20an%20id');
    expect([foreign, malformed]).toMatchObject(Array(2).fill({ status: 404, body: { code: 'NOT_FOUND' } }));
    expect(shop.services.orders.getOrder).toHaveBeenCalledTimes(1);
  });

  test('when it is cancelled, then 200 cancelled; only an admin’s doing is recorded', async () => {
    shop.services.orders.cancelOrder = jest.fn(async () => anOrder({ status: 'cancelled' }));
    for (const who of ['customer', 'admin'] as const) {
      const answer = await shop.ask(who, 'POST /orders/order-1/cancel');
      expect(answer).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    }
    expect(shop.accounts.audit).toMatchObject([{ action: 'order.cancelled_by_admin', actor: admin.id }]);
    expect(await shop.ask('customer', 'POST /orders/order-1/cancel', { body: { refund: 1 } })).toMatchObject({
      status: 400,
    });
  });

  test('when it is being paid, then 409 with Retry-After; when it is shipped, without', async () => {
    refusing('cancelOrder', new DomainError('ORDER_NOT_CANCELLABLE', { retryAfterMs: 2000 }));
    const paying = await shop.ask('customer', 'POST /orders/order-1/cancel');
    expect(paying).toMatchObject({ status: 409, body: { code: 'ORDER_NOT_CANCELLABLE' } });
    expect(paying.headers.get('retry-after')).toBe('2');
    refusing('cancelOrder', new DomainError('ORDER_NOT_CANCELLABLE'));
    expect((await shop.ask('customer', 'POST /orders/order-1/cancel')).headers.get('retry-after')).toBeNull();
  });

  test('when an admin ships an order, then it reads so, and the trail has it', async () => {
    const call = (shop.services.orders.updateOrderStatus = jest.fn(async () => anOrder({ status: 'shipped' })));
    const ship = (status: unknown) => shop.ask('admin', 'PATCH /orders/order-1/status', { body: { status } });
    expect(await ship('shipped')).toMatchObject({ status: 200, body: { status: 'shipped' } });
    expect(call).toHaveBeenCalledWith({ id: 'order-1', status: 'shipped' });
    expect(shop.accounts.audit).toMatchObject([{ action: 'order.status_changed', details: { status: 'shipped' } }]);
    for (const wrong of ['confirmed', 'cancelled', '', null]) expect((await ship(wrong)).status).toBe(400);
    refusing('updateOrderStatus', new DomainError('ILLEGAL_TRANSITION'));
    expect(await ship('delivered')).toMatchObject({ status: 409, body: { code: 'ILLEGAL_TRANSITION' } });
  });
});
