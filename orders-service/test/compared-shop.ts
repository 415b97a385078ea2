import { randomUUID } from 'node:crypto';
import type { OrderStatus } from '../src/orders/order-process';
import { Reconcile } from '../src/reconciliation/reconcile';
import { anOrder, referenceOf } from './builders';
import { startShop, type TestShop } from './support';

/** Long enough ago that nothing of it can be under way. */
export const OLD = { ageMs: 120_000 };

/** A shop whose orders, stock records and ledger a test writes itself, and then compares. */
export class ComparedShop {
  private constructor(readonly shop: TestShop) {}

  static async start(): Promise<ComparedShop> {
    return new ComparedShop(await startShop({ SAGA_RECOVERY_INTERVAL: 3_600_000, RECONCILE_INTERVAL: 3_600_000 }));
  }

  async empty(): Promise<void> {
    const { database, catalogue } = this.shop;
    await database.query('TRUNCATE orders, payment_attempts, refunds, idempotency_keys, outbox, drifts');
    await database.query('TRUNCATE simulated_payments, simulated_refunds');
    await database.query('UPDATE reconciliation SET next_at = now(), looked_until = now(), ended_at = NULL');
    catalogue.records.clear();
    catalogue.levels.clear();
  }

  async drifts() {
    return (await this.shop.app.get(Reconcile).execute({ watched: [] })).drifts;
  }

  async driftsOf(id: string) {
    return (await this.drifts()).filter((drift) => drift.id === id);
  }

  /** What stock has recorded of an order of the builders. */
  inStock(orderId: string, state: string, changes: object = {}): void {
    const lines = [{ productId: 'a-product', quantity: 2 }];
    this.shop.catalogue.records.set(orderId, { orderId, state, lines, disagreeing: [], ...changes });
  }

  levels(productId: string, changes: object = {}): void {
    const level = { productId, available: 10, reserved: 0, sold: 0, adjusted: 10, reservedFor: [] };
    this.shop.catalogue.levels.set(productId, { ...level, ...changes });
  }

  paidOrder(status: OrderStatus, attempt: 'STARTED' | 'UNKNOWN' | 'CAPTURED' | 'DECLINED' = 'CAPTURED') {
    return anOrder(this.shop.database, { ...OLD, status, attempt, charged: attempt === 'CAPTURED' });
  }

  /** A paid order with a refund, which the provider has paid, or has not. */
  async refunded(status: OrderStatus, { amount = 1400, paid = true, doneMsAgo = OLD.ageMs } = {}) {
    const order = await this.paidOrder(status);
    this.inStock(order.id, status === 'CANCELLED' ? 'RESTOCKED' : 'COMMITTED');
    const refundId = randomUUID();
    await this.shop.database.query(
      `INSERT INTO refunds (id, order_id, attempt_id, amount, done_at) VALUES ($1, $2, $3, $4, now() - $5::int * interval '1 ms')`,
      [refundId, order.id, order.attemptId, amount, doneMsAgo],
    );
    if (paid) await this.paidBack(refundId, order.attemptId, amount);
    return { ...order, refundId };
  }

  async paidBack(key: string, attemptId: string, amount: number): Promise<void> {
    const values = [key, referenceOf(attemptId), amount];
    await this.shop.database.query(
      'INSERT INTO simulated_refunds (key, reference, amount) VALUES ($1, $2, $3)',
      values,
    );
  }
}
