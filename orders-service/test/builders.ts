import { randomUUID } from 'node:crypto';
import type { orders } from '@shop/proto';
import type { DataSource } from 'typeorm';
import { asUser, eventually } from '@shop/service-kit/testing';
import type { OrderStatus } from '../src/orders/order-process';
import type { OrderRow } from '../src/orders/order-row';
import { ADDRESSES, type Client, type TestShop } from './support';

let made = 0;

export function aUserId(): string {
  made += 1;
  return `user-${made}`;
}

/** Each thing that happened, where it happened first: a slow machine has some asked once more. */
export function inOrder<T>(happened: readonly T[]): T[] {
  return [...new Set(happened)];
}

export function anAddress(changes: Partial<orders.Address> = {}): orders.Address {
  const address = { name: 'Ada L.', line1: '1 Engine St', line2: '', city: 'London', region: '', postalCode: 'N1' };
  return { ...address, country: 'GB', ...changes };
}

/** A request of a customer of its own for one product that is in stock. */
export function aRequest(shop: TestShop, changes: Partial<orders.PlaceOrderRequest> = {}): orders.PlaceOrderRequest {
  return {
    userId: aUserId(),
    items: changes.items ?? [{ productId: shop.catalogue.add(), quantity: 1 }],
    paymentMethod: 'pm_card_visa',
    shippingAddress: anAddress(),
    idempotencyKey: '',
    waitMs: 2500,
    ...changes,
  };
}

export function place(request: orders.PlaceOrderRequest, through: { orders: Client }) {
  return asUser(request.userId, () => through.orders.placeOrder(request, { timeoutMs: 6000 }));
}

/** As `place`, of a request of this kind, and the order itself. */
export async function placed(shop: TestShop, changes: Partial<orders.PlaceOrderRequest> = {}): Promise<orders.Order> {
  const { order } = await place(aRequest(shop, changes), shop);
  if (!order) throw new Error('answered without an order');
  return changes.waitMs === undefined && order.status === 'pending' ? outcomeOf(order, shop) : order;
}

// On a machine that stands still, patience may end before an order does.
function outcomeOf({ id, userId }: orders.Order, shop: TestShop): Promise<orders.Order> {
  return eventually(async () => {
    const order = await asUser(userId, () => shop.orders.getOrder({ id }));
    if (order.status === 'pending') throw new Error('still pending');
    return order;
  });
}

/** As `placed`, for something of which stock does not say whether it is there: the order stays PENDING. */
export function pending(shop: TestShop, changes: Partial<orders.PlaceOrderRequest> = {}): Promise<orders.Order> {
  return placed(shop, {
    items: [{ productId: shop.catalogue.add({ stock: 'silent' }), quantity: 1 }],
    waitMs: 0,
    ...changes,
  });
}

interface StoredOrder {
  readonly userId?: string;
  readonly status?: OrderStatus;
  readonly method?: string;
  readonly provider?: string;
  readonly createdAt?: string;
  /** How long ago the order last changed. */
  readonly ageMs?: number;
  /** How long ago stock was asked last, when not at once. */
  readonly askedMs?: number;
  /** How long the reservation still runs. */
  readonly expiresInMs?: number;
  readonly attempt?: 'STARTED' | 'UNKNOWN' | 'CAPTURED' | 'DECLINED';
  /** A capture that is in the provider's ledger. */
  readonly charged?: boolean;
}

/** An order as some process may have left it, written past the service. Its payment attempt's id is `attemptId`. */
export async function anOrder(database: DataSource, order: StoredOrder = {}) {
  const { status = 'PENDING', ageMs = 0, attempt, expiresInMs } = order;
  const [id, attemptId, userId] = [randomUUID(), randomUUID(), order.userId ?? aUserId()];
  const item = { productId: 'a-product', sku: 'SKU', name: 'A thing', unitPrice: 700, quantity: 2 };
  await database.query(
    `INSERT INTO orders (id, user_id, status, items, total_amount, currency, payment_provider, payment_method,
       shipping_address_sealed, history, created_at, updated_at, stock_asked_at, expires_at)
     SELECT $1, $2, $3, $4, 1400, 'USD', $11, $5, $6, $7, coalesce($8::timestamptz, past), past,
       now() - $12::int * interval '1 millisecond',
       now() + $10::int * interval '1 millisecond'
     FROM (SELECT now() - $9::int * interval '1 millisecond' AS past) t`,
    [
      id,
      userId,
      status,
      JSON.stringify([item]),
      order.method ?? 'pm_card_visa',
      ADDRESSES.seal(id, anAddress()),
      JSON.stringify([{ status, at: new Date().toISOString() }]),
      order.createdAt ?? null,
      ageMs,
      expiresInMs ?? (status === 'RESERVED' ? 60_000 : null),
      order.provider ?? 'simulated',
      order.askedMs ?? ageMs,
    ],
  );
  // The ledger first: the service may find the attempt at once.
  if (order.charged) await aCapture(database, attemptId);
  if (attempt) await anAttempt(database, { id: attemptId, orderId: id, status: attempt, ageMs });
  return { id, attemptId, userId };
}

async function anAttempt(
  database: DataSource,
  { id, orderId, status, ageMs }: { id: string; orderId: string; status: string; ageMs: number },
): Promise<void> {
  await database.query(
    `INSERT INTO payment_attempts (id, order_id, status, amount, reference, touched_at)
     VALUES ($1, $2, $3, 1400, $4, now() - $5::int * interval '1 millisecond')`,
    [id, orderId, status, status === 'CAPTURED' ? referenceOf(id) : null, ageMs],
  );
}

async function aCapture(database: DataSource, key: string): Promise<void> {
  await database.query(
    `INSERT INTO simulated_payments (key, amount, currency, outcome, reference) VALUES ($1, 1400, 'USD', 'captured', $2)`,
    [key, referenceOf(key)],
  );
}

export const referenceOf = (key: string) => `sim_${key.replaceAll('-', '')}`;

interface AttemptRow {
  id: string;
  status: string;
  amount: string;
  reference: string | null;
  tries: number;
}

/** All that is kept about an order: rows of this service, its events, and what the provider has in its ledger. */
export async function recordsOf(database: DataSource, orderId: string) {
  const rows = <T>(sql: string) => database.query<T[]>(sql, [orderId]);
  const [order] = await rows<OrderRow>('SELECT * FROM orders WHERE id = $1');
  if (!order) throw new Error('no such order');
  const ofOrder = 'SELECT id FROM payment_attempts WHERE order_id = $1';
  return {
    order,
    attempts: await rows<AttemptRow>('SELECT * FROM payment_attempts WHERE order_id = $1'),
    refunds: await rows<{ id: string; amount: string; done_at: Date | null }>(
      'SELECT * FROM refunds WHERE order_id = $1',
    ),
    events: await rows<{ type: string; data: object; mandatory: boolean }>(
      'SELECT type, data, mandatory FROM outbox WHERE subject = $1 ORDER BY id',
    ),
    ledger: await rows<{ amount: string; outcome: string }>(
      `SELECT amount, outcome FROM simulated_payments WHERE key IN (${ofOrder})`,
    ),
    paidBack: await rows<{ amount: string }>(
      `SELECT amount FROM simulated_refunds WHERE key IN (SELECT id FROM refunds WHERE order_id = $1)`,
    ),
  };
}

export async function statusOf(database: DataSource, orderId: string): Promise<OrderStatus> {
  return (await recordsOf(database, orderId)).order.status;
}

export async function typesOf(database: DataSource, orderId: string): Promise<string[]> {
  return (await recordsOf(database, orderId)).events.map(({ type }) => type);
}
