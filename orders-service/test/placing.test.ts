import { MAX_AMOUNT } from '@shop/service-kit';
import { asUser, eventually } from '@shop/service-kit/testing';
import { aRequest, anAddress, pending, place, placed, recordsOf, statusOf, typesOf } from './builders';
import { startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.close());

const countOrders = async () => Number((await shop.database.query('SELECT count(*) AS n FROM orders'))[0].n);

describe('an order that is accepted', () => {
  test('when it is placed, then prices, names and total are those of the catalogue', async () => {
    const mug = shop.catalogue.add({ price: 1999 });
    const tea = shop.catalogue.add({ price: 1 });
    const items = [
      { productId: mug, quantity: 3 },
      { productId: tea, quantity: 100 },
    ];

    const order = await placed(shop, { items, userId: 'buyer' });

    const usd = (amount: number) => ({ amount, currency: 'USD' });
    expect(order).toMatchObject({
      status: 'confirmed',
      userId: 'buyer',
      total: usd(6097),
      shippingAddress: anAddress(),
    });
    expect(order.number).toMatch(/^\d{4}-\d{6}$/);
    expect(order.items).toEqual([
      {
        productId: mug,
        sku: `SKU-${mug}`,
        name: `Product ${mug}`,
        quantity: 3,
        unitPrice: usd(1999),
        lineTotal: usd(5997),
      },
      {
        productId: tea,
        sku: `SKU-${tea}`,
        name: `Product ${tea}`,
        quantity: 100,
        unitPrice: usd(1),
        lineTotal: usd(100),
      },
    ]);
  });

  test('when a price changes later, then the order keeps what it was bought for', async () => {
    const productId = shop.catalogue.add({ price: 500 });
    const { id, userId } = await placed(shop, { items: [{ productId, quantity: 2 }] });
    shop.catalogue.onSale.delete(productId);
    const order = await asUser(userId, () => shop.orders.getOrder({ id }));
    expect(order).toMatchObject({ total: { amount: 1000 }, items: [{ unitPrice: { amount: 500 } }] });
  });

  test('when stock and card are good, then it is confirmed, charged once and told to the shop', async () => {
    const request = aRequest(shop);
    const answer = await place(request, shop);

    expect(answer).toMatchObject({ outcome: 'confirmed', shortages: [], replayed: false });
    const { payment, history } = answer.order!;
    expect(payment).toMatchObject({ provider: 'simulated', method: 'pm_card_visa', status: 'captured' });
    expect(history.map(({ status }) => status)).toEqual(['pending', 'confirmed']);
    const records = await recordsOf(shop.database, answer.order!.id);
    expect(records.attempts).toMatchObject([{ status: 'CAPTURED', amount: '1250', reference: payment!.reference }]);
    expect(records.ledger).toEqual([{ amount: '1250', outcome: 'captured' }]);
    const lines = request.items;
    expect(records.events).toMatchObject([
      { type: 'order.created', mandatory: true, data: { orderId: records.order.id, lines } },
      { type: 'order.confirmed', mandatory: true, data: { orderId: records.order.id, lines } },
      { type: 'order.status_updated', mandatory: false, data: { userId: request.userId, status: 'confirmed' } },
    ]);
    expect(JSON.stringify(records.events)).not.toContain('Engine St');
  });

  test('when the card is declined, then it has failed, nothing is charged and the stock is given back', async () => {
    const answer = await place(aRequest(shop, { paymentMethod: 'pm_card_visa_chargeDeclined' }), shop);

    expect(answer).toMatchObject({
      outcome: 'PAYMENT_DECLINED',
      order: { status: 'failed', payment: { status: 'declined' } },
    });
    expect(answer.order!.history.at(-1)).toMatchObject({ status: 'failed', reason: 'PAYMENT_DECLINED' });
    const { attempts, ledger, events } = await recordsOf(shop.database, answer.order!.id);
    expect(attempts).toMatchObject([{ status: 'DECLINED', reference: null }]);
    expect(ledger).toMatchObject([{ outcome: 'declined' }]);
    expect(events.map(({ type }) => type)).toEqual(['order.created', 'order.cancelled', 'order.status_updated']);
  });

  test('when stock is short, then it has failed, the lines are named and no card is asked', async () => {
    const productId = shop.catalogue.add({ stock: 'none' });
    const answer = await place(aRequest(shop, { items: [{ productId, quantity: 4 }] }), shop);

    const shortages = [{ productId, requested: 4, available: 0 }];
    expect(answer).toMatchObject({ outcome: 'OUT_OF_STOCK', shortages, order: { status: 'failed' } });
    const { attempts, events } = await recordsOf(shop.database, answer.order!.id);
    expect(attempts).toEqual([]);
    expect(events.map(({ type }) => type)).toEqual(['order.created', 'order.status_updated']);
  });

  test('when stock does not answer in time, then the pending order is the answer', async () => {
    const order = await pending(shop, { waitMs: 200 });
    expect(order).toMatchObject({ status: 'pending', payment: { status: 'pending', reference: '' } });
    expect(order.history.map(({ status }) => status)).toEqual(['pending']);
  });

  test('when its outcome comes while somebody waits, then the answer does not wait for the whole patience', async () => {
    const startedAt = Date.now();
    await placed(shop, { waitMs: 2500 });
    expect(Date.now() - startedAt).toBeLessThan(2400);
  });

  test('when the card takes seconds, then the answer is the pending order, and it is confirmed later', async () => {
    const order = await placed(shop, { paymentMethod: 'pm_card_slow', waitMs: 300 });
    expect(order).toMatchObject({ status: 'pending', payment: { status: 'pending' } });
    await eventually(async () => expect(await statusOf(shop.database, order.id)).toBe('CONFIRMED'));
    expect((await recordsOf(shop.database, order.id)).ledger).toEqual([{ amount: '1250', outcome: 'captured' }]);
  });

  test('when the broker is away, then the order is taken, and goes on once it is back', async () => {
    shop.bus.connected = false;
    const order = await placed(shop, { waitMs: 100 });
    expect(order.status).toBe('pending');
    shop.bus.connected = true;
    await eventually(async () => expect(await statusOf(shop.database, order.id)).toBe('CONFIRMED'));
    expect(await typesOf(shop.database, order.id)).toEqual([
      'order.created',
      'order.confirmed',
      'order.status_updated',
    ]);
  });
});

describe('an order that is not accepted', () => {
  const expensive = () =>
    Array.from({ length: 10 }, () => ({ productId: shop.catalogue.add({ price: MAX_AMOUNT }), quantity: 1 }));

  test.each([
    ['a product is unknown', 'PRODUCT_NOT_FOUND', () => ({ items: [{ productId: 'nowhere', quantity: 1 }] })],
    ['the payment method is unknown', 'VALIDATION_FAILED', () => ({ paymentMethod: 'pm_none' })],
    ['the total is too large', 'VALIDATION_FAILED', () => ({ items: expensive() })],
    [
      'a price is in a foreign currency',
      'INTERNAL',
      () => ({ items: [{ productId: shop.catalogue.add({ currency: 'EUR' }), quantity: 1 }] }),
    ],
  ])('when %s, then %s, and nothing is written', async (_what, reason, changes) => {
    const before = await countOrders();
    const request = aRequest(shop, { ...changes(), idempotencyKey: 'refused' });
    await expect(place(request, shop)).rejects.toMatchObject({ reason });
    expect(await countOrders()).toBe(before);
    expect(await shop.database.query(`SELECT * FROM idempotency_keys WHERE key = 'refused'`)).toEqual([]);
  });

  test('when one of the three parts cannot be written, then neither order, key nor event is', async () => {
    await shop.database.query(`ALTER TABLE outbox ADD CONSTRAINT no_room CHECK (type <> 'order.created') NOT VALID`);
    try {
      const request = aRequest(shop, { idempotencyKey: 'all-or-nothing' });
      await expect(place(request, shop)).rejects.toMatchObject({ reason: 'INTERNAL' });
      const [left] = await shop.database.query(
        `SELECT (SELECT count(*)::int FROM orders WHERE user_id = $1) AS orders,
           (SELECT count(*)::int FROM idempotency_keys WHERE user_id = $1) AS keys`,
        [request.userId],
      );
      expect(left).toEqual({ orders: 0, keys: 0 });
    } finally {
      await shop.database.query('ALTER TABLE outbox DROP CONSTRAINT no_room');
    }
  });

  test('when somebody orders in the name of another, then FORBIDDEN', async () => {
    const request = aRequest(shop);
    const order = asUser('somebody-else', () => shop.orders.placeOrder(request));
    await expect(order).rejects.toMatchObject({ reason: 'FORBIDDEN' });
  });
});
