import { QUEUES } from '@shop/service-kit';
import { type Connection, createConnection } from 'mongoose';
import { DataSource } from 'typeorm';
import { queuesOf } from './operator';
import type { System } from './system';

export interface StockRecord {
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  readonly adjusted: number;
}

// What the payment provider holds of each order, by its own ledger: what it took less what it paid back.
const CHARGES = `
  SELECT a.order_id, count(*) AS charges, sum(p.amount - coalesce(r.amount, 0)) AS net
  FROM simulated_payments p
  JOIN payment_attempts a ON a.id = p.key
  LEFT JOIN (SELECT reference, sum(amount) AS amount FROM simulated_refunds GROUP BY reference) r
    ON r.reference = p.reference
  WHERE p.outcome = 'captured' GROUP BY a.order_id`;

/** The stores themselves, for what no client can see: whether everything adds up, and whether anything is left over. */
export class Books {
  private constructor(
    private readonly orders: DataSource,
    private readonly users: DataSource,
    private readonly products: Connection,
    private readonly system: System,
  ) {}

  static async open(system: System): Promise<Books> {
    const { postgres, mongodb } = system.stores();
    const open = (url: string) => new DataSource({ type: 'postgres', url }).initialize();
    const [orders, users, products] = await Promise.all([
      open(postgres.ordersUrl),
      open(postgres.usersUrl),
      createConnection(mongodb.uri).asPromise(),
    ]);
    return new Books(orders, users, products, system);
  }

  async close(): Promise<void> {
    await Promise.all([this.orders.destroy(), this.users.destroy(), this.products.close()]);
  }

  /** `available + reserved + sold = adjusted` must hold of it at any time. */
  async stockOf(productId: string): Promise<StockRecord> {
    const stock = await this.products.collection<StockRecord & { _id: string }>('stock').findOne({ _id: productId });
    if (!stock) throw new Error('the product has no stock');
    const { available, reserved, sold, adjusted } = stock;
    return { available, reserved, sold, adjusted };
  }

  async netChargeOf(orderId: string): Promise<number> {
    const [row] = await this.orders.query<{ net: string }[]>(`${CHARGES} HAVING a.order_id = $1`, [orderId]);
    return Number(row?.net ?? 0);
  }

  /** The id of what was begun last to pay the order. */
  async attemptOf(orderId: string): Promise<string> {
    const sql = 'SELECT id FROM payment_attempts WHERE order_id = $1 ORDER BY touched_at DESC LIMIT 1';
    return (await this.orders.query<{ id: string }[]>(sql, [orderId]))[0]?.id ?? '';
  }

  /** Ids of all events that orders-service has had to tell about these orders. */
  async eventsOf(orderIds: readonly string[]): Promise<string[]> {
    const sql = 'SELECT event_id FROM outbox WHERE subject = ANY($1::text[])';
    return (await this.orders.query<{ event_id: string }[]>(sql, [orderIds])).map(({ event_id: id }) => id);
  }

  /** The ledger of the payment provider, which is somewhere else and outlives every database of ours. */
  async bringLedgerTo(other: Books): Promise<void> {
    for (const table of ['simulated_payments', 'simulated_refunds']) {
      const [{ rows }] = await this.orders.query(`SELECT jsonb_agg(t) AS rows FROM ${table} t`);
      await other.orders.query(
        `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1) ON CONFLICT DO NOTHING`,
        [JSON.stringify(rows ?? [])],
      );
    }
  }

  /** What the provider holds for payments that no order knows. */
  async moneyOfNobody(): Promise<number> {
    const [{ net }] = await this.orders.query(
      `SELECT coalesce(sum(p.amount - coalesce(r.amount, 0)), 0)::int AS net FROM simulated_payments p
       LEFT JOIN (SELECT reference, sum(amount) AS amount FROM simulated_refunds GROUP BY reference) r USING (reference)
       WHERE p.outcome = 'captured' AND NOT EXISTS (SELECT 1 FROM payment_attempts a WHERE a.id = p.key)`,
    );
    return Number(net);
  }

  /** Products whose stock is not what the orders say it must be. */
  async wrongStock(): Promise<unknown[]> {
    const rows: { product: string; held: number; sold: number }[] = await this.orders.query(
      `SELECT line->>'productId' AS product,
         coalesce(sum((line->>'quantity')::int) FILTER (WHERE status IN ('RESERVED', 'PAYING')), 0)::int AS held,
         coalesce(sum((line->>'quantity')::int) FILTER (WHERE status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED')), 0)::int AS sold
       FROM orders, jsonb_array_elements(items) AS line GROUP BY 1`,
    );
    const ordered = new Map(rows.map((row) => [row.product, row]));
    const stocks = await this.products.collection<StockRecord & { _id: string }>('stock').find().toArray();
    return stocks.filter(({ _id, available, reserved, sold, adjusted }) => {
      const { held, sold: bought } = ordered.get(_id) ?? { held: 0, sold: 0 };
      return available < 0 || reserved !== held || sold !== bought || available + reserved + sold !== adjusted;
    });
  }

  /** What a product's remembered adjustments add up to. */
  async adjustmentsOf(productId: string): Promise<number> {
    const stock = await this.products
      .collection<{ _id: string; adjustments: { delta: number }[] }>('stock')
      .findOne({ _id: productId });
    return (stock?.adjustments ?? []).reduce((sum, { delta }) => sum + delta, 0);
  }

  /** Orders that were charged more than once, or for which the provider holds more or less than it should. */
  async wronglyCharged(): Promise<unknown[]> {
    return this.orders.query(
      `SELECT o.id, o.status, o.total_amount, c.net, c.charges FROM orders o LEFT JOIN (${CHARGES}) c ON c.order_id = o.id
       WHERE coalesce(c.charges, 0) > 1 OR coalesce(c.net, 0) <>
         CASE WHEN o.status IN ('CONFIRMED', 'SHIPPED', 'DELIVERED') THEN o.total_amount ELSE 0 END`,
    );
  }

  /** What is still under way, by name; all of it ends at 0 when nothing new comes. */
  async leftOver(): Promise<Record<string, number>> {
    const rows = (database: DataSource, from: string) => countRows(database, from);
    const documents = (collection: string, filter: object) =>
      this.products.collection(collection).countDocuments(filter);
    const counts = {
      orders: rows(this.orders, `orders WHERE status IN ('PENDING', 'RESERVED', 'PAYING')`),
      payments: rows(this.orders, `payment_attempts WHERE status IN ('STARTED', 'UNKNOWN')`),
      refunds: rows(this.orders, 'refunds WHERE done_at IS NULL'),
      'events of orders-service': rows(this.orders, 'outbox WHERE published_at IS NULL'),
      'events of users-service': rows(this.users, 'outbox WHERE published_at IS NULL'),
      'events of products-service': documents('products', { unpublished: true }),
      'replies about stock': documents('stock_orders', { pending: true }),
      reservations: documents('stock', { 'marks.st': 'R' }),
    };
    const named = Object.entries(counts).map(async ([name, count]) => [name, await count] as const);
    return { ...Object.fromEntries(await Promise.all(named)), ...(await this.queues()) };
  }

  private async queues(): Promise<Record<string, number>> {
    const queues = await queuesOf(
      this.system,
      QUEUES.flatMap((name) => [name, `${name}.dead`]),
    );
    return Object.fromEntries([...queues].map(([name, { messageCount }]) => [name, messageCount]));
  }
}

async function countRows(database: DataSource, from: string): Promise<number> {
  const [row] = await database.query<{ count: string }[]>(`SELECT count(*) FROM ${from}`);
  return Number(row?.count);
}
