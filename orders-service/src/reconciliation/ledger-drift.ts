import { Injectable } from '@nestjs/common';
import { isUuid } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { type HeldPayment, PaymentProvider } from '../payments/payment-provider';
import type { ComparedAttempt, ComparedOrder } from './compared-orders.repository';
import type { Drift } from './drift';

const PAGE = 100;

interface KnownAttempt {
  readonly id: string;
  readonly status: ComparedAttempt['status'];
  readonly amount: number;
  readonly reference: string | null;
  readonly isSettled: boolean;
  readonly refunds: readonly string[];
}

/** What was found in the provider's ledger. */
export interface Ledger {
  readonly keys: ReadonlySet<string>;
  readonly drifts: readonly Drift[];
  readonly refunds: ReadonlySet<string>;
  /** What was paid back later may not have been in it yet. */
  readonly settledAt: Date;
}

/** Compares the payment provider's ledger with the attempts and refunds here. */
@Injectable()
export class LedgerDrift {
  constructor(
    private readonly database: DataSource,
    private readonly provider: PaymentProvider,
  ) {}

  /** Payments that moved since then, against what was known here at `settledAt`. */
  async look(since: Date, settledAt: Date): Promise<Ledger> {
    const keys = new Set<string>();
    const refunds = new Set<string>();
    const drifts: Drift[] = [];
    for await (const page of inPages(this.provider.movedSince(since))) {
      const known = await this.attemptsOf(page, settledAt);
      for (const payment of page) {
        keys.add(payment.key);
        for (const { key } of payment.refunds) refunds.add(key);
        drifts.push(...driftsOf(payment, known.get(payment.key)));
      }
    }
    return { keys, refunds, drifts, settledAt };
  }

  /** What this order says of the provider that the provider does not: asked once more, since its list may be behind. */
  async missing(order: ComparedOrder, { keys, refunds, settledAt }: Ledger, since: Date): Promise<Drift[]> {
    if (order.provider !== this.provider.name) return [];
    const drifts: Drift[] = [];
    for (const { id, status, touchedAt } of order.attempts) {
      if (status !== 'CAPTURED' || keys.has(id) || new Date(touchedAt) <= since) continue;
      if ((await this.provider.lookUp(id))?.status === 'captured') continue;
      drifts.push({ of: 'payment', id, kind: 'charge-unknown-there', detail: `order ${order.id}` });
    }
    for (const { id, attemptId, doneAt } of order.refunds) {
      if (!doneAt || new Date(doneAt) > settledAt || refunds.has(id) || !keys.has(attemptId)) continue;
      drifts.push({
        of: 'payment',
        id: attemptId,
        kind: 'refund-unknown-there',
        detail: `order ${order.id}, refund ${id}`,
      });
    }
    return drifts;
  }

  private async attemptsOf(page: readonly HeldPayment[], settledAt: Date): Promise<Map<string, KnownAttempt>> {
    const rows = await this.database.query<(KnownAttempt & { amount: string })[]>(
      `SELECT a.id, a.status, a.amount, a.reference, o.updated_at <= $2 AS "isSettled",
         ARRAY(SELECT r.id::text FROM refunds r WHERE r.attempt_id = a.id) AS refunds
       FROM payment_attempts a JOIN orders o ON o.id = a.order_id WHERE a.id = ANY($1::uuid[])`,
      [page.map(({ key }) => key).filter(isUuid), settledAt],
    );
    return new Map(rows.map((row) => [row.id, { ...row, amount: Number(row.amount) }]));
  }
}

function driftsOf(payment: HeldPayment, attempt: KnownAttempt | undefined): Drift[] {
  const about = { of: 'payment', id: payment.key } as const;
  const kept = payment.amount - payment.refunds.reduce((sum, { amount }) => sum + amount, 0);
  if (!attempt)
    return kept > 0 ? [{ ...about, kind: 'charge-of-nobody', detail: `${payment.reference}, ${kept}` }] : [];
  if (attempt.status !== 'CAPTURED') {
    if (!attempt.isSettled) return [];
    const detail = `${payment.reference}, here ${attempt.status}`;
    return [{ ...about, kind: 'charge-unknown-here', detail, mend: 'apply the capture' }];
  }
  // An attempt has one payment: its order knows nothing of another one, and would never pay it back.
  if (payment.reference !== attempt.reference)
    return kept > 0 ? [{ ...about, kind: 'charged-twice', detail: `${payment.reference}, ${kept}` }] : [];
  if (payment.amount !== attempt.amount)
    return [{ ...about, kind: 'amount-differs', detail: `${payment.amount} instead of ${attempt.amount}` }];
  const unknown = payment.refunds.find(({ key }) => !attempt.refunds.includes(key));
  return unknown ? [{ ...about, kind: 'refund-unknown-here', detail: `refund ${unknown.key}, ${unknown.amount}` }] : [];
}

async function* inPages(payments: AsyncIterable<HeldPayment>): AsyncIterable<HeldPayment[]> {
  let page: HeldPayment[] = [];
  for await (const payment of payments) {
    page.push(payment);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
