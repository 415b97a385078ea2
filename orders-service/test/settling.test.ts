import { randomUUID } from 'node:crypto';
import { createScratchDatabase, type ScratchDatabase } from '@shop/service-kit/testing';
import { ordersDatabase } from '../src/database';
import { OrdersRepository } from '../src/orders/orders.repository';
import { AttemptsRepository } from '../src/payments/attempts.repository';
import { SettleWithProvider } from '../src/payments/settle-with-provider';
import { SimulatedProvider } from '../src/payments/simulated-provider';
import { anOrder, recordsOf, referenceOf } from './builders';
import { ADDRESSES, FIELD_KEY } from './support';

const AN_HOUR_AGO = new Date(Date.now() - 3_600_000);

let scratch: ScratchDatabase;
let settling: SettleWithProvider;

beforeEach(async () => {
  scratch = await createScratchDatabase('orders', (settings) => ordersDatabase({ ...settings, FIELD_KEY }));
  const { database } = scratch;
  const orders = new OrdersRepository(database, ADDRESSES);
  const provider = new SimulatedProvider(database);
  settling = new SettleWithProvider(database, orders, new AttemptsRepository(database, orders), provider);
});

afterEach(() => scratch.drop());

/** What the provider did after the backup. */
async function wasCaptured(key: string, at = new Date()): Promise<void> {
  await scratch.database.query(
    `INSERT INTO simulated_payments (key, amount, currency, outcome, reference, created_at) VALUES ($1, 1400, 'USD', 'captured', $2, $3)`,
    [key, referenceOf(key), at],
  );
}

async function wasPaidBack(attemptId: string): Promise<string> {
  const key = randomUUID();
  const values = [key, referenceOf(attemptId)];
  await scratch.database.query('INSERT INTO simulated_refunds (key, reference, amount) VALUES ($1, $2, 1400)', values);
  return key;
}

const heldFor = async (key: string) => {
  const [row] = await scratch.database.query<{ net: number }[]>(
    `SELECT (p.amount - coalesce(sum(r.amount), 0))::int AS net FROM simulated_payments p
     LEFT JOIN simulated_refunds r USING (reference) WHERE p.key = $1 GROUP BY p.key`,
    [key],
  );
  return row?.net;
};

test('when a payment was captured for an order that nobody knows, then it is paid back, once', async () => {
  const key = randomUUID();
  await wasCaptured(key);
  expect(await settling.execute(AN_HOUR_AGO)).toEqual({ paidBack: 1, cancelled: 0, unclear: [] });
  expect(await settling.execute(AN_HOUR_AGO)).toEqual({ paidBack: 0, cancelled: 0, unclear: [] });
  expect(await heldFor(key)).toBe(0);
});

test('when there are more payments than one page has, then none is left out', async () => {
  const keys = Array.from({ length: 401 }, () => randomUUID());
  for (const key of keys) await wasCaptured(key);
  expect(await settling.execute(AN_HOUR_AGO)).toMatchObject({ paidBack: 401 });
});

test('when a payment is older than the backup, or its order is known, then it stays', async () => {
  const old = randomUUID();
  await wasCaptured(old, new Date(Date.now() - 7_200_000));
  const { attemptId } = await anOrder(scratch.database, { status: 'CONFIRMED', attempt: 'CAPTURED', charged: true });
  expect(await settling.execute(AN_HOUR_AGO)).toEqual({ paidBack: 0, cancelled: 0, unclear: [] });
  expect([await heldFor(old), await heldFor(attemptId)]).toEqual([1400, 1400]);
});

test.each([
  ['CONFIRMED', 'CAPTURED'],
  ['PAYING', 'STARTED'],
  ['PAYING', 'UNKNOWN'],
] as const)(
  'when an order is %s here (attempt %s) but was cancelled and refunded after the backup, then it is cancelled, without a second refund',
  async (status, attempt) => {
    const { id, attemptId } = await anOrder(scratch.database, { status, attempt, charged: true });
    const refundId = await wasPaidBack(attemptId);
    expect(await settling.execute(AN_HOUR_AGO)).toEqual({ paidBack: 0, cancelled: 1, unclear: [] });
    const { order, refunds, events } = await recordsOf(scratch.database, id);
    expect(order.status).toBe('CANCELLED');
    expect(refunds).toMatchObject([{ id: refundId, done_at: expect.any(Date) }]);
    expect(events.map(({ type }) => type)).toContain('order.cancelled');
    expect(await heldFor(attemptId)).toBe(0);
    expect(await settling.execute(AN_HOUR_AGO)).toMatchObject({ cancelled: 0 });
  },
);

test('when an order was refunded that can no longer be cancelled, then a person is asked to look', async () => {
  const { id, attemptId } = await anOrder(scratch.database, { status: 'SHIPPED', attempt: 'CAPTURED', charged: true });
  await wasPaidBack(attemptId);
  expect(await settling.execute(AN_HOUR_AGO)).toEqual({ paidBack: 0, cancelled: 0, unclear: [id] });
});
