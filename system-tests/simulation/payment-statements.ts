import { randomUUID } from 'node:crypto';
import { ago, type AttemptRow, type RefundRow, type Statement, type Transaction, updated } from './memory-postgres';

const LIVE: readonly AttemptRow['status'][] = ['STARTED', 'UNKNOWN', 'CAPTURED'];

const openAttempt: Statement = {
  sql: `INSERT INTO payment_attempts (id, order_id, status, amount) VALUES ($1, $2, 'STARTED', $3)`,
  run: (transaction, [id, orderId, amount]) => {
    writeAttempt(transaction, {
      id,
      order_id: orderId,
      status: 'STARTED',
      amount: String(amount),
      reference: null,
      tries: 1,
      touched_at: transaction.now,
    });
    return [];
  },
};

const settleAttempt: Statement = {
  sql: `UPDATE payment_attempts SET status = $2, reference = $3, touched_at = now()
    WHERE id = $1 AND status = ANY($4::text[]) RETURNING order_id`,
  run: (transaction, [id, status, reference, from]) => {
    const attempt = transaction.tables.attempts.get(id);
    if (!attempt || !from.includes(attempt.status)) return updated([]);
    return updated([writeAttempt(transaction, { ...attempt, status, reference, touched_at: transaction.now })]);
  },
};

const markUnknown: Statement = {
  sql: `UPDATE payment_attempts SET status = 'UNKNOWN', touched_at = now() WHERE id = $1 AND status = 'STARTED'`,
  run: (transaction, [id]) => {
    const attempt = transaction.tables.attempts.get(id);
    if (attempt?.status !== 'STARTED') return updated([]);
    return updated([writeAttempt(transaction, { ...attempt, status: 'UNKNOWN', touched_at: transaction.now })]);
  },
};

// One at a time, as if others had locked the rest: so everything in one task happens one after the other.
const claimAttempt: Statement = {
  sql: `UPDATE payment_attempts a SET status = 'STARTED', tries = a.tries + 1, touched_at = now()
    FROM orders o WHERE o.id = a.order_id AND a.id IN (
      SELECT l.id FROM payment_attempts l JOIN orders p ON p.id = l.order_id AND p.payment_provider = $1
      WHERE (l.status = 'STARTED' AND l.touched_at <= now() - $2::int * interval '1 millisecond')
         OR (l.status = 'UNKNOWN' AND l.touched_at <= now() - $3::int * interval '1 millisecond')
      ORDER BY l.touched_at LIMIT 20 FOR UPDATE OF l SKIP LOCKED)
    RETURNING a.id, a.order_id, a.amount, a.tries, o.currency, o.payment_method,
      (extract(epoch FROM now() - o.updated_at) * 1000)::float8 AS age_ms`,
  run: (transaction, [provider, startedBeforeMs, unknownBeforeMs]) => {
    const { tables, now } = transaction;
    const isLeft = ({ status, touched_at: touchedAt }: AttemptRow) =>
      (status === 'STARTED' && touchedAt <= ago(transaction, startedBeforeMs)) ||
      (status === 'UNKNOWN' && touchedAt <= ago(transaction, unknownBeforeMs));
    const isOurs = ({ order_id: orderId }: AttemptRow) => tables.orders.get(orderId)?.payment_provider === provider;
    const left = [...tables.attempts.values()].filter((attempt) => isLeft(attempt) && isOurs(attempt));
    const [claimed] = left.sort((a, b) => a.touched_at.getTime() - b.touched_at.getTime());
    if (!claimed) return updated([]);
    const taken = { ...claimed, status: 'STARTED' as const, tries: claimed.tries + 1, touched_at: now };
    const { currency, payment_method, updated_at: updatedAt } = tables.orders.get(claimed.order_id)!;
    const age = { age_ms: now.getTime() - updatedAt.getTime() };
    return updated([{ ...writeAttempt(transaction, taken), currency, payment_method, ...age }]);
  },
};

export const OPEN_REFUND_SQL = `INSERT INTO refunds (id, order_id, attempt_id, amount)
    SELECT gen_random_uuid(), order_id, id, amount FROM payment_attempts WHERE order_id = $1 AND status = 'CAPTURED'
    ON CONFLICT (attempt_id) DO NOTHING`;

const openRefund: Statement = {
  sql: OPEN_REFUND_SQL,
  run: (transaction, [orderId]) => {
    const { tables, now } = transaction;
    for (const { id: attemptId, order_id, status, amount } of tables.attempts.values()) {
      if (order_id !== orderId || status !== 'CAPTURED') continue;
      if ([...tables.refunds.values()].some(({ attempt_id }) => attempt_id === attemptId)) continue;
      const refund = { id: randomUUID(), order_id, attempt_id: attemptId, amount, done_at: null, next_try_at: now };
      transaction.write<RefundRow>(tables.refunds, refund.id, refund);
    }
    return [];
  },
};

// One at a time, as attempts are.
const claimRefund: Statement = {
  sql: `UPDATE refunds r SET next_try_at = now() + $2::int * interval '1 millisecond' FROM payment_attempts a
    WHERE a.id = r.attempt_id AND r.id IN (
      SELECT l.id FROM refunds l JOIN orders p ON p.id = l.order_id AND p.payment_provider = $1
      WHERE l.done_at IS NULL AND l.next_try_at <= now()
      ORDER BY l.next_try_at LIMIT 20 FOR UPDATE OF l SKIP LOCKED)
    RETURNING r.id, r.amount, a.reference`,
  run: (transaction, [provider, forMs]) => {
    const { tables, now } = transaction;
    const due = [...tables.refunds.values()].filter(
      ({ done_at: doneAt, next_try_at: nextTryAt, order_id: orderId }) =>
        doneAt === null && nextTryAt <= now && tables.orders.get(orderId)?.payment_provider === provider,
    );
    const [claimed] = due.sort((a, b) => a.next_try_at.getTime() - b.next_try_at.getTime());
    if (!claimed) return updated([]);
    const { id, amount, attempt_id: attemptId } = claimed;
    transaction.write(tables.refunds, id, { ...claimed, next_try_at: ago(transaction, -forMs) });
    return updated([{ id, amount, reference: tables.attempts.get(attemptId)?.reference }]);
  },
};

const refundDone: Statement = {
  sql: 'UPDATE refunds SET done_at = now() WHERE id = $1 AND done_at IS NULL',
  run: (transaction, [id]) => {
    const refund = transaction.tables.refunds.get(id);
    if (!refund || refund.done_at) return updated([]);
    return updated([transaction.write(transaction.tables.refunds, id, { ...refund, done_at: transaction.now })]);
  },
};

function writeAttempt(transaction: Transaction, attempt: AttemptRow): AttemptRow {
  const { attempts } = transaction.tables;
  const others = [...attempts.values()].filter(
    ({ id, order_id, status }) => id !== attempt.id && order_id === attempt.order_id && LIVE.includes(status),
  );
  if (LIVE.includes(attempt.status) && others.length > 0)
    throw new Error('violates unique constraint one_live_attempt');
  return transaction.write(attempts, attempt.id, attempt);
}

export const PAYMENT_STATEMENTS: readonly Statement[] = [
  openAttempt,
  settleAttempt,
  markUnknown,
  claimAttempt,
  openRefund,
  claimRefund,
  refundDone,
];
