import { INSERT_OUTBOX_SQL } from '@shop/service-kit';
import { HISTORY_ENTRY, ORDER_COLUMNS } from '../../orders-service/src/orders/orders.repository';
import { ago, type Statement, type StoredOrder, updated } from './memory-postgres';
import { appendToOutbox } from './outbox-statements';

const insertOrder: Statement = {
  sql: `WITH placed AS (
      INSERT INTO orders (id, user_id, status, history, items, total_amount, currency, payment_provider,
        payment_method, shipping_address_sealed)
      VALUES ($1, $2, $3::text, jsonb_build_array(${HISTORY_ENTRY('$2')}), $5, $6, $7, $8, $9, unless_erased($2, $10))
    ), keyed AS (
      INSERT INTO idempotency_keys (user_id, key, fingerprint, order_id)
      SELECT $2, $11, $12, $1 WHERE $11 <> ''
    ) ${INSERT_OUTBOX_SQL('$13')}`,
  run: (transaction, [id, userId, status, reason, items, total, currency, provider, method, , , , events]) => {
    const { tables, now } = transaction;
    if (tables.orders.has(id)) throw new Error(`order ${id} exists`);
    transaction.write(tables.orders, id, {
      id,
      number: String(tables.orders.size + 1),
      user_id: userId,
      status,
      items: JSON.parse(items),
      total_amount: String(total),
      currency,
      payment_provider: provider,
      payment_method: method,
      shipping_address_sealed: null,
      history: [entry(now, status, reason)],
      failure: null,
      version: 1,
      created_at: now,
      updated_at: now,
      stock_asked_at: now,
      expires_at: null,
    });
    appendToOutbox(transaction, events);
  },
};

const lockOrder: Statement = {
  sql: 'SELECT *, now() AS now FROM orders WHERE id = $1 FOR UPDATE',
  run: ({ tables, now }, [id]) => {
    const order = tables.orders.get(id);
    return order ? [{ ...order, now }] : [];
  },
};

// What customers see of the payment is left out: nobody decides by it.
const readOrder: Statement = {
  sql: `SELECT ${ORDER_COLUMNS} FROM orders o WHERE o.id = $1`,
  run: ({ tables }, [id]) => {
    const order = tables.orders.get(id);
    return order ? [order] : [];
  },
};

const moveOrder: Statement = {
  sql: `UPDATE orders SET status = $3::text, version = version + 1, updated_at = now(),
      history = history || ${HISTORY_ENTRY('$7')}, failure = coalesce($5::jsonb, failure),
      expires_at = coalesce(now() + $6::bigint * interval '1 millisecond', expires_at)
    WHERE id = $1 AND status = $2 RETURNING *`,
  run: (transaction, [id, from, to, reason, failure, reservationTtlMs]) => {
    const { tables, now } = transaction;
    const order = tables.orders.get(id);
    if (!order || order.status !== from) return updated([]);
    const after: StoredOrder = {
      ...order,
      status: to,
      version: order.version + 1,
      updated_at: now,
      history: [...order.history, entry(now, to, reason)],
      failure: failure ? JSON.parse(failure) : order.failure,
      expires_at: reservationTtlMs === null ? order.expires_at : new Date(now.getTime() + Number(reservationTtlMs)),
    };
    return updated([transaction.write(tables.orders, id, after)]);
  },
};

// No simulated customer sends an Idempotency-Key.
const firstAnswer: Statement = {
  sql: `SELECT ${ORDER_COLUMNS} FROM idempotency_keys k JOIN orders o ON o.id = k.order_id
    WHERE k.order_id = $1 AND k.first_answer IS NULL`,
  run: () => [],
};

const askStockAgain: Statement = {
  sql: `UPDATE orders SET stock_asked_at = now() WHERE id IN (
    SELECT id FROM orders WHERE status = 'PENDING'
      AND stock_asked_at <= now() - GREATEST($1::int * interval '1 millisecond', (now() - created_at) / 2)
      AND created_at < COALESCE((SELECT max(answered.created_at) FROM orders answered
        WHERE answered.updated_at > now() - $1::int * interval '1 millisecond'
        AND answered.created_at > now() - $2::int * interval '1 millisecond'
        AND answered.status IN ('RESERVED', 'PAYING', 'CONFIRMED', 'FAILED')), 'infinity')
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED)
    RETURNING *, EXISTS (SELECT 1 FROM outbox e WHERE e.subject = orders.id::text
      AND e.type = 'order.created' AND e.published_at IS NULL) AS is_unsent`,
  run: (transaction, [afterMs, limitMs]) => {
    const { tables } = transaction;
    const now = Number(transaction.now);
    const orders = [...tables.orders.values()];
    const answered = orders.filter(
      ({ status, updated_at: at, created_at: since }) =>
        ['RESERVED', 'PAYING', 'CONFIRMED', 'FAILED'].includes(status) &&
        Number(at) > now - Number(afterMs) &&
        Number(since) > now - Number(limitMs),
    );
    const newest = Math.max(...answered.map(({ created_at: at }) => Number(at)));
    const due = orders.filter(
      ({ status, stock_asked_at: askedAt, created_at: at }) =>
        status === 'PENDING' &&
        now - Number(askedAt) >= Math.max(Number(afterMs), (now - Number(at)) / 2) &&
        (answered.length === 0 || Number(at) < newest),
    );
    const unsent = [...tables.outbox.values()].filter(
      ({ type, published_at: publishedAt }) => type === 'order.created' && publishedAt === null,
    );
    const subjects = new Set(unsent.map(({ subject }) => subject));
    return updated(
      due.map((order) => ({
        ...transaction.write(tables.orders, order.id, { ...order, stock_asked_at: transaction.now }),
        is_unsent: subjects.has(order.id),
      })),
    );
  },
};

const ordersOlderThan = (column: 'created_at' | 'updated_at' | 'expires_at', more = ''): Statement => ({
  sql: `SELECT id FROM orders WHERE status = $1 AND ${column} <= now() - $2::int * interval '1 millisecond' ${more}
    ORDER BY updated_at LIMIT 100 FOR UPDATE SKIP LOCKED`,
  run: (transaction, [status, ageMs, provider]) => {
    const limit = ago(transaction, ageMs);
    const isDue = (at: Date | null) => at !== null && at <= limit;
    const isOurs = (order: StoredOrder) => provider === undefined || order.payment_provider === provider;
    const orders = [...transaction.tables.orders.values()].filter(isOurs);
    return orders.filter((order) => order.status === status && isDue(order[column])).map(({ id }) => ({ id }));
  },
});

function entry(now: Date, status: StoredOrder['status'], reason: string | null): StoredOrder['history'][number] {
  return { status, at: now.toISOString(), ...(reason ? { reason } : {}) };
}

export const ORDER_STATEMENTS: readonly Statement[] = [
  insertOrder,
  lockOrder,
  readOrder,
  moveOrder,
  firstAnswer,
  askStockAgain,
  ordersOlderThan('created_at'),
  ordersOlderThan('updated_at', 'AND payment_provider = $3'),
  ordersOlderThan('expires_at'),
];
