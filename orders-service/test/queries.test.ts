import { randomUUID } from 'node:crypto';
import type { EventBus, Logger } from '@shop/service-kit';
import { asAdmin } from '@shop/service-kit/testing';
import type { DataSource } from 'typeorm';
import { OrdersConfig } from '../src/config';
import { AnonymiseOrdersWhenUserErased } from '../src/orders/anonymise-orders-when-user-erased';
import { IdempotencyKeys } from '../src/orders/idempotency-keys';
import { ListOrders } from '../src/orders/list-orders';
import type { ListOrdersDto } from '../src/orders/order.dto';
import { OrderBacklog } from '../src/orders/order-backlog';
import { OrdersRepository } from '../src/orders/orders.repository';
import { ResumeStuckOrders } from '../src/orders/resume-stuck-orders';
import { ShowOpenOrders } from '../src/orders/show-open-orders';
import { AttemptsRepository } from '../src/payments/attempts.repository';
import type { PayOrder } from '../src/payments/pay-order';
import { RefundsRepository } from '../src/payments/refunds.repository';
import { SimulatedProvider } from '../src/payments/simulated-provider';
import { ComparedOrders } from '../src/reconciliation/compared-orders.repository';
import { LedgerDrift } from '../src/reconciliation/ledger-drift';
import { WarnOfOtherProviders } from '../src/payments/warn-of-other-providers';
import { ADDRESSES, startShop, type TestShop } from './support';

let shop: TestShop;

beforeAll(async () => {
  shop = await startShop({ SAGA_RECOVERY_INTERVAL: 3_600_000 });
  await shop.database.query(`INSERT INTO orders (id, user_id, status, items, total_amount, currency, payment_provider,
      payment_method, history, created_at, updated_at)
    SELECT gen_random_uuid(), 'u' || n % 2000, CASE WHEN n % 500 = 0 THEN 'RESERVED' WHEN n % 501 = 0 THEN 'PENDING'
      WHEN n % 50 = 0 THEN 'FAILED' ELSE 'DELIVERED' END, '[]', 100, 'USD', 'simulated', 'pm_card_visa', '[]',
      now() - n * interval '1 minute', now() - n * interval '1 minute' FROM generate_series(1, 20000) n`);
  await shop.database.query(`INSERT INTO payment_attempts (id, order_id, status, amount, reference)
    SELECT gen_random_uuid(), id, CASE WHEN number % 500 = 0 THEN 'UNKNOWN' ELSE 'CAPTURED' END, 100, 'r' FROM orders`);
  await shop.database.query(`INSERT INTO refunds (id, order_id, attempt_id, amount, done_at)
    SELECT gen_random_uuid(), order_id, id, 100, CASE WHEN status = 'CAPTURED' THEN now() END FROM payment_attempts`);
  await shop.database.query(`INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id)
    SELECT user_id, id, '', id FROM orders`);
  await shop.database.query(`INSERT INTO simulated_payments (key, amount, currency, outcome, reference)
    SELECT id, 100, 'USD', 'captured', id FROM payment_attempts`);
  // The broker has been away for a while, and no relay takes these meanwhile.
  await shop.database.query(`INSERT INTO outbox (event_id, type, subject, data, next_attempt_at)
    SELECT gen_random_uuid(), 'order.created', id::text, '{}', 'infinity' FROM orders`);
  await shop.database.query('VACUUM ANALYZE');
});
afterAll(() => shop.close());

/** How the database would run what is asked, instead of the answers. */
async function plansOf(ask: (explaining: DataSource) => Promise<unknown>): Promise<string> {
  const plans: unknown[] = [];
  const query = async (sql: string, parameters: unknown[]) => {
    plans.push(await shop.database.query(`EXPLAIN ${sql}`, parameters));
    return [[], 0];
  };
  const transaction = (work: (manager: object) => Promise<unknown>) => work({ query });
  await ask({ query, transaction } as unknown as DataSource).catch(() => undefined);
  return JSON.stringify(plans);
}

const config = new OrdersConfig();
const payment = { provider: { name: 'simulated' } } as PayOrder;
const stuck = (step: 'askStockAgain' | 'failSilent' | 'expire' | 'payLeft') => (database: DataSource) =>
  new ResumeStuckOrders(config, database, new OrdersRepository(database, ADDRESSES), payment, {} as Logger)[step]();
const keys = (database: DataSource) => new IdempotencyKeys(config, database, ADDRESSES, {} as Logger);
const attempts = (database: DataSource) => new AttemptsRepository(database, new OrdersRepository(database, ADDRESSES));
const list =
  (changes: Partial<ListOrdersDto>, cursor = '') =>
  (database: DataSource) =>
    asAdmin(() =>
      new ListOrders(database, ADDRESSES).execute({
        page: { limit: 20, cursor, page: 0 },
        userId: '',
        status: '',
        ...changes,
      }),
    );
const comparing = (pages: (orders: ComparedOrders) => AsyncIterable<unknown>) => async (database: DataSource) => {
  await pages(new ComparedOrders(database))[Symbol.asyncIterator]().next();
};
const aWeekAgo = new Date(Date.now() - 7 * 86_400_000).toISOString();
const cursor = Buffer.from(JSON.stringify([aWeekAgo, randomUUID()])).toString('base64url');

describe('every query that grows with the shop', () => {
  test.each<[string, string[], (database: DataSource) => Promise<unknown>]>([
    ['an order is read', ['orders_pkey'], (database) => new OrdersRepository(database, ADDRESSES).get(randomUUID())],
    [
      'an outcome is read',
      ['orders_pkey', 'idempotency_keys_order_id_key'],
      (database) => new OrdersRepository(database, ADDRESSES).getAnswered(randomUUID()),
    ],
    [
      'an order is moved',
      ['orders_pkey'],
      (database) => new OrdersRepository(database, ADDRESSES).move(randomUUID(), 'cancelled'),
    ],
    ["somebody's orders are listed", ['orders_by_user'], list({ userId: 'u7' })],
    ['that list goes on', ['orders_by_user'], list({ userId: 'u7' }, cursor)],
    ["somebody's failed orders are listed", ['orders_by_user'], list({ userId: 'u7', status: 'failed' })],
    ['all orders are listed', ['orders_newest'], list({})],
    ['that list goes on', ['orders_newest'], list({}, cursor)],
    ['all failed orders are listed', ['orders_by_status'], list({ status: 'failed' })],
    ['all pending orders are listed', ['orders_by_status'], list({ status: 'pending' })],
    ['a key is looked up', ['idempotency_keys_pkey'], (database) => keys(database).find('u7', 'k', 'f')],
    ['old keys are forgotten', ['idempotency_keys_age'], (database) => keys(database)['forgetOld']()],
    ['stock is asked again', ['orders_unfinished', 'outbox_unsent_of'], stuck('askStockAgain')],
    ['silent orders fail', ['orders_unfinished'], stuck('failSilent')],
    ['reservations run out', ['orders_unfinished'], stuck('expire')],
    ['reserved orders are found', ['orders_unfinished'], stuck('payLeft')],
    [
      'waiting orders are counted',
      ['orders_by_status'],
      (database) => new OrderBacklog(config, database, {} as EventBus, {} as Logger)['count'](),
    ],
    ['open orders are shown', ['orders_by_status'], (database) => new ShowOpenOrders(config, database)['open']()],
    ['stuck orders are shown', ['orders_by_status'], (database) => new ShowOpenOrders(config, database)['stuck']()],
    [
      'payments without an outcome are found',
      ['attempts_unfinished'],
      (database) => attempts(database).claimLeft('simulated', 1, 1),
    ],
    [
      'an outcome is recorded',
      ['payment_attempts_pkey'],
      (database) => attempts(database).settle(randomUUID(), { status: 'declined' }),
    ],
    [
      'owed refunds are found',
      ['refunds_unfinished'],
      (database) => new RefundsRepository(database).claim('simulated', 1),
    ],
    [
      'open payments of another provider are looked for',
      ['attempts_unfinished', 'refunds_unfinished'],
      (database) => new WarnOfOtherProviders(database, new SimulatedProvider(database), {} as Logger).once(),
    ],
    ['a refund is done', ['refunds_pkey'], (database) => new RefundsRepository(database).done(randomUUID())],
    [
      'a user is erased',
      ['orders_by_user'],
      (database) => new AnonymiseOrdersWhenUserErased(database).handle({ data: { userId: 'u7' } } as never),
    ],
    [
      'orders that changed are compared',
      ['orders_by_change', 'attempts_by_order', 'refunds_by_order', 'outbox_unsent_of'],
      comparing((orders) => orders.changedBetween(new Date(Date.now() - 600_000), new Date())),
    ],
    ['all orders are compared', ['orders_pkey'], comparing((orders) => orders.all())],
    ['some orders are compared', ['orders_pkey'], (database) => new ComparedOrders(database).withIds([randomUUID()])],
    [
      'orders are looked for that should have ended',
      ['orders_by_status', 'refunds_unfinished'],
      (database) => new ComparedOrders(database).overdue(new Date(Date.now() - 900_000)),
    ],
    [
      'the ledger is compared',
      ['payment_attempts_pkey', 'orders_pkey', 'refunds_attempt_id_key'],
      (database) => new LedgerDrift(database, new SimulatedProvider(shop.database)).look(new Date(0), new Date()),
    ],
    [
      'the ledger is looked up',
      ['simulated_payments_pkey'],
      (database) => new SimulatedProvider(database).lookUp(randomUUID()),
    ],
  ])('when %s, then %j serve it', async (_what, indexes, ask) => {
    const plans = await plansOf(ask);
    for (const index of indexes) expect(plans).toContain(index);
    expect(plans).not.toContain('Seq Scan');
  });
});
