import { asUser, eventually, scrape, sumOf } from '@shop/service-kit/testing';
import { OrdersRepository } from '../src/orders/orders.repository';
import { anOrder, placed, statusOf } from './builders';
import { startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop({ SAGA_RECOVERY_INTERVAL: 50, SAGA_STARTED_STALE_AFTER: 400, SAGA_PAYMENT_TIMEOUT: 300 });
});
afterEach(() => {
  shop.provider.instead = {};
});
afterAll(() => shop.close());

/** What is added meanwhile to each of these, as `name{label="value"}`. */
async function expectGrowth(samples: readonly string[], work: () => Promise<unknown>, expected: unknown[]) {
  const read = async () => {
    const text = await scrape(`${shop.http}/metrics`);
    return samples.map((sample) => {
      const [, name = '', labels = ''] = /^(\w+)(?:\{(.*)\})?$/.exec(sample) ?? [];
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, value]) => [label, value]);
      return sumOf(text, name, Object.fromEntries(pairs)) ?? 0;
    });
  };
  const before = await read();
  await work();
  const growth = async () => (await read()).map((value, index) => value - (before[index] ?? 0));
  // It is counted a moment after it is committed.
  await eventually(async () => expect(await growth()).toEqual(expected));
}

const moves = (...statuses: string[]) => statuses.map((to) => `orders_transitions_total{to="${to}"}`);
const lasted = (outcome: string) => `order_duration_seconds_count{outcome="${outcome}"}`;
const payments = (outcome: string) => `payments_total{provider="simulated",outcome="${outcome}"}`;
const becomes = (id: string, status: string) =>
  eventually(async () => expect(await statusOf(shop.database, id)).toBe(status));

test('when an order is paid, then its way, its payment and how long it took are counted', async () => {
  const samples = [...moves('pending', 'reserved', 'paying', 'confirmed'), lasted('confirmed'), payments('captured')];
  await expectGrowth(samples, () => placed(shop), [1, 1, 1, 1, 1, 1]);
});

test('when a card is declined, then the order failed, and the payment was declined', async () => {
  const samples = [...moves('failed', 'confirmed'), lasted('failed'), payments('declined'), payments('captured')];
  const work = () => placed(shop, { paymentMethod: 'pm_card_visa_chargeDeclined' });
  await expectGrowth(samples, work, [1, 0, 1, 1, 0]);
});

test('when a paid order is cancelled, then its refund is counted, and its way to be confirmed is not measured again', async () => {
  const { id, userId } = await placed(shop);
  const refunds = 'refunds_total{provider="simulated",outcome="paid"}';
  const cancelled = async () => {
    await asUser(userId, () => shop.orders.cancelOrder({ id }));
    await eventually(async () =>
      expect(
        await shop.database.query('SELECT 1 FROM refunds WHERE order_id = $1 AND done_at IS NOT NULL', [id]),
      ).toHaveLength(1),
    );
  };
  await expectGrowth([...moves('cancelled'), lasted('cancelled'), refunds], cancelled, [1, 0, 1]);
});

test('when nobody hears whether a card was charged, then that is counted, and the payment once', async () => {
  let isLost = false;
  shop.provider.instead.charge = async (really) => {
    const isFirst = !isLost;
    isLost = true;
    const answer = await really();
    if (isFirst) throw new Error('connection reset');
    return answer;
  };
  const work = async () => {
    const { id } = await placed(shop, { waitMs: 0 });
    await becomes(id, 'CONFIRMED');
  };
  // On a machine that stands still, the second answer may come too late as well.
  const atLeastOnce = { asymmetricMatch: (times: number) => times >= 1 };
  await expectGrowth([payments('unknown'), payments('captured')], work, [atLeastOnce, 1]);
});

test('when a move is not committed, then it is not counted', async () => {
  const { id } = await placed(shop);
  const orders = shop.app.get(OrdersRepository);
  const work = async () => {
    const undone = orders.transaction(async (transaction) => {
      await orders.moveIn(transaction, id, { event: 'shipped' });
      throw new Error('the connection was lost');
    });
    await expect(undone).rejects.toThrow('the connection was lost');
  };
  await expectGrowth(moves('shipped'), work, [0]);
});

test('when orders have no outcome, then they are shown by status, and those that do not move as stuck', async () => {
  const quiet = await startShop({ SAGA_RECOVERY_INTERVAL: 3_600_000 });
  try {
    await anOrder(quiet.database, { status: 'PENDING' });
    await anOrder(quiet.database, { status: 'PAYING', attempt: 'STARTED' });
    await anOrder(quiet.database, { status: 'FAILED' });
    await quiet.database.query(`UPDATE orders SET updated_at = now() - interval '1 hour' WHERE status <> 'PENDING'`);
    const text = await scrape(`${quiet.http}/metrics`);
    const open = ['pending', 'reserved', 'paying'].map((status) => sumOf(text, 'orders_open', { status }));
    expect([open, sumOf(text, 'orders_open'), sumOf(text, 'orders_stuck')]).toEqual([[1, 0, 1], 2, 1]);
  } finally {
    await quiet.close();
  }
});
