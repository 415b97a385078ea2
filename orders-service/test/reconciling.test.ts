import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import { DriftsRepository } from '../src/reconciliation/drifts.repository';
import { ReconcileNowAndThen } from '../src/reconciliation/reconcile-now-and-then';
import { anOrder, placed, typesOf } from './builders';
import { ComparedShop, OLD } from './compared-shop';

let books: ComparedShop;

beforeAll(async () => {
  books = await ComparedShop.start();
});
beforeEach(() => books.empty());
afterAll(() => books.shop.close());

describe('orders and stock', () => {
  test.each([
    ['PENDING', undefined, 'RESERVING'],
    ['RESERVED', undefined, 'RESERVED'],
    ['PAYING', 'STARTED', 'RESERVED'],
    ['CONFIRMED', 'CAPTURED', 'COMMITTED'],
    ['SHIPPED', 'CAPTURED', 'COMMITTED'],
    ['FAILED', undefined, 'REJECTED'],
    ['FAILED', 'DECLINED', 'RELEASED'],
    ['FAILED', undefined, undefined],
    ['CANCELLED', undefined, 'RELEASED'],
  ] as const)(
    'when an order is %s (payment %s) and its stock record is %s, then nothing drifts',
    async (status, attempt, state) => {
      const { id } = attempt
        ? await books.paidOrder(status, attempt)
        : await anOrder(books.shop.database, { ...OLD, status });
      if (state) books.inStock(id, state);
      expect(await books.drifts()).toEqual([]);
    },
  );

  test.each([
    ['CONFIRMED', 'RESERVED', 'not-sold', 'send order.confirmed again'],
    ['CONFIRMED', 'RELEASED', 'goods-not-held', undefined],
    ['DELIVERED', undefined, 'goods-not-held', undefined],
    ['RESERVED', undefined, 'goods-not-held', undefined],
    ['FAILED', 'RESERVED', 'not-given-back', 'send order.cancelled again'],
    ['CANCELLED', 'COMMITTED', 'not-given-back', 'send order.cancelled again'],
    ['CANCELLED', 'RESTOCKING', 'not-given-back', 'send order.cancelled again'],
    ['PENDING', 'COMMITTED', 'goods-not-held', undefined],
  ] as const)('when an order is %s and its stock record is %s, then that is %s', async (...drift) => {
    const [status, state, kind, mend] = drift;
    const paid = status === 'CONFIRMED' || status === 'DELIVERED';
    const { id } = paid ? await books.paidOrder(status) : await anOrder(books.shop.database, { ...OLD, status });
    if (state) books.inStock(id, state);
    expect(await books.driftsOf(id)).toEqual([
      { of: 'order', id, kind, mend, detail: expect.stringContaining(`${status}, stock: ${state ?? 'nothing'}`) },
    ]);
  });

  test('when units are not where the record says, or the lines are others, then that is found', async () => {
    const sold = await books.paidOrder('CONFIRMED');
    books.inStock(sold.id, 'COMMITTED', { disagreeing: ['a-product'] });
    const held = await anOrder(books.shop.database, { ...OLD, status: 'RESERVED' });
    books.inStock(held.id, 'RESERVED', { disagreeing: ['a-product'] });
    const other = await books.paidOrder('CONFIRMED');
    books.inStock(other.id, 'COMMITTED', { lines: [{ productId: 'a-product', quantity: 1 }] });
    expect(await books.driftsOf(sold.id)).toMatchObject([
      { kind: 'units-disagree', mend: 'send order.confirmed again' },
    ]);
    expect(await books.driftsOf(held.id)).toMatchObject([{ kind: 'units-disagree', mend: undefined }]);
    expect(await books.driftsOf(other.id)).toMatchObject([{ kind: 'lines-differ' }]);
  });

  test('when something is still under way, then it is not drift', async () => {
    const young = await anOrder(books.shop.database, { status: 'CANCELLED' });
    books.inStock(young.id, 'RESERVED');
    const unsent = await anOrder(books.shop.database, { ...OLD, status: 'CANCELLED' });
    books.inStock(unsent.id, 'RESERVED');
    await books.shop.database.query(
      `INSERT INTO outbox (event_id, type, subject, data, next_attempt_at) VALUES ($1, 'order.cancelled', $2, '{}', 'infinity')`,
      [randomUUID(), unsent.id],
    );
    expect(await books.drifts()).toEqual([]);
  });

  test('when an order moves while it is compared, then it is not drift', async () => {
    const { id } = await anOrder(books.shop.database, { ...OLD, status: 'RESERVED' });
    books.shop.catalogue.meanwhile = async () => {
      books.inStock(id, 'COMMITTED');
      await books.shop.database.query(`UPDATE orders SET status = 'CONFIRMED', version = version + 1 WHERE id = $1`, [
        id,
      ]);
    };
    const drifts = await books.drifts().finally(() => (books.shop.catalogue.meanwhile = undefined));
    expect(drifts).toEqual([]);
  });

  test('when an order has not ended in all its time, then it is stuck', async () => {
    const { id } = await anOrder(books.shop.database, { status: 'PAYING', attempt: 'UNKNOWN', ageMs: 3_600_000 });
    books.inStock(id, 'RESERVED');
    expect(await books.driftsOf(id)).toMatchObject([
      { kind: 'order-stuck', detail: expect.stringContaining('PAYING since') },
    ]);
  });

  test('when stock holds goods for an order that does not exist, then that is found; a tombstone holds nothing', async () => {
    const [lost, tomb] = [randomUUID(), randomUUID()];
    books.inStock(lost, 'COMMITTED');
    books.inStock(tomb, 'RELEASED');
    expect(await books.drifts()).toMatchObject([{ of: 'order', id: lost, kind: 'record-of-nobody' }]);
  });

  test.each([
    ['units-do-not-add-up', { available: 9 }],
    ['units-do-not-add-up', { available: -1, sold: 11 }],
    ['reserved-differs', { available: 8, reserved: 2 }],
    ['sold-differs', { available: 8, sold: 2 }],
  ])('when the units of a product are wrong in the way of %s, then that is found', async (kind, changes) => {
    books.levels('lamp', changes);
    books.levels('vase');
    expect(await books.driftsOf('lamp')).toContainEqual(expect.objectContaining({ of: 'product', kind }));
    expect(await books.driftsOf('vase')).toEqual([]);
  });

  test('when orders have bought what is sold, then nothing drifts, whether or not the last of them is through', async () => {
    const old = await books.paidOrder('CONFIRMED');
    books.inStock(old.id, 'COMMITTED');
    await anOrder(books.shop.database, { status: 'CONFIRMED', attempt: 'CAPTURED', charged: true });
    books.levels('a-product', { available: 8, sold: 2 });
    expect(await books.drifts()).toEqual([]);
    books.levels('a-product', { available: 6, sold: 4 });
    expect(await books.drifts()).toEqual([]);
    books.levels('a-product', { available: 4, sold: 6 });
    expect(await books.drifts()).toMatchObject([{ kind: 'sold-differs', detail: '6 sold, 2 to 4 bought by orders' }]);
  });

  test('when units are reserved for an order that nobody knows, or that stock has no record of, then that is found', async () => {
    const { id } = await anOrder(books.shop.database, { ...OLD, status: 'FAILED' });
    const reservedFor = [
      { orderId: id, quantity: 1 },
      { orderId: randomUUID(), quantity: 2 },
    ];
    books.levels('lamp', { available: 7, reserved: 3, reservedFor });
    expect((await books.driftsOf('lamp')).map(({ kind }) => kind)).toEqual([
      'reserved-for-nobody',
      'reserved-for-nobody',
    ]);
  });
});

describe('the rounds', () => {
  const due = () => books.shop.database.query('UPDATE reconciliation SET next_at = now()');
  const round = () => books.shop.app.get(ReconcileNowAndThen).round();
  const counted = async () => (await books.shop.app.get(DriftsRepository).standing()).counts;
  const metrics = async () => (await fetch(`${books.shop.http}/metrics`)).text();
  /** So that orders of the builders, which are older than the shop, are in the next round. */
  const lookedUntil = () =>
    books.shop.database.query(`UPDATE reconciliation SET looked_until = now() - interval '1 hour'`);

  test('when a round finds drift, then it mends what is safe, and /metrics shows all of it until it is gone', async () => {
    await lookedUntil();
    const missed = await anOrder(books.shop.database, { ...OLD, status: 'CANCELLED' });
    books.inStock(missed.id, 'RESERVED');
    const gone = await books.paidOrder('CONFIRMED');
    books.inStock(gone.id, 'RELEASED');
    await round();
    expect(await typesOf(books.shop.database, missed.id)).toEqual(['order.cancelled']);
    expect(await metrics()).toMatch(/shop_drift\{kind="not-given-back"\} 1\n/);
    expect(await metrics()).toMatch(/shop_drift\{kind="goods-not-held"\} 1\n/);
    expect(await metrics()).toMatch(/shop_reconciled_timestamp_seconds \d+/);

    await eventually(() => books.shop.bus.published.some(({ subject }) => subject === missed.id));
    books.inStock(missed.id, 'RELEASED');
    await due();
    await round();
    expect(await metrics()).toMatch(/shop_drift\{kind="not-given-back"\} 0\n/);
    // It changed before the last round, and is looked at again all the same.
    expect(await metrics()).toMatch(/shop_drift\{kind="goods-not-held"\} 1\n/);
  });

  test('when two replicas want a round, then one of them has it', async () => {
    const other = await books.shop.startReplica();
    await lookedUntil();
    const { id } = await anOrder(books.shop.database, { ...OLD, status: 'CANCELLED' });
    books.inStock(id, 'RESERVED');
    await Promise.all([round(), other.app.get(ReconcileNowAndThen).round()]);
    expect(await typesOf(books.shop.database, id)).toEqual(['order.cancelled']);
    await round();
    expect(await typesOf(books.shop.database, id)).toEqual(['order.cancelled']);
    await other.stop();
  });

  test('when products-service is away, then the round is not one, and the next looks at what it missed', async () => {
    await lookedUntil();
    const { id } = await anOrder(books.shop.database, { ...OLD, status: 'CANCELLED' });
    books.inStock(id, 'RESERVED');
    books.shop.catalogue.booksAreAway = true;
    await expect(round().finally(() => (books.shop.catalogue.booksAreAway = false))).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
    });
    const [{ since }] = await books.shop.database.query<[{ since: Date }]>(
      'SELECT looked_until AS since FROM reconciliation',
    );
    expect(Date.now() - since.getTime()).toBeGreaterThan(3_500_000);
    expect(await counted()).toMatchObject({ 'not-given-back': 0 });
  });

  test('when orders are placed and nothing goes wrong, then nothing drifts', async () => {
    for (let n = 0; n < 3; n++) {
      const order = await placed(books.shop);
      const lines = order.items.map(({ productId, quantity }) => ({ productId, quantity }));
      books.inStock(order.id, 'COMMITTED', { lines });
    }
    await books.shop.database.query(`UPDATE orders SET updated_at = now() - interval '2 minutes'`);
    expect(await books.drifts()).toEqual([]);
  });
});
