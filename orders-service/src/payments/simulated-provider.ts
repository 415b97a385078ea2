import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import {
  type Charge,
  type HeldPayment,
  PaymentProvider,
  type PaymentOutcome,
  type RefundState,
} from './payment-provider';
import type { Refund } from './refunds.repository';

const PAGE = 200;
const SLOW_MS = 5000;
const METHODS = ['pm_card_visa', 'pm_card_visa_chargeDeclined', 'pm_card_slow', 'pm_card_unreachable'];

interface LedgerRow {
  outcome: 'captured' | 'declined' | 'voided';
  reference: string;
}

/** A provider for development and tests: its own ledger, its own transactions, as if it were somewhere else. */
@Injectable()
export class SimulatedProvider extends PaymentProvider {
  readonly name = 'simulated';

  constructor(private readonly database: DataSource) {
    super();
  }

  knows(method: string): boolean {
    return METHODS.includes(method);
  }

  async charge(charge: Charge): Promise<PaymentOutcome> {
    if (charge.method === 'pm_card_unreachable') throw new Error('the simulated provider does not answer');
    if (charge.method === 'pm_card_slow') await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
    return this.settle(charge, charge.method === 'pm_card_visa_chargeDeclined' ? 'declined' : 'captured');
  }

  async lookUp(key: string): Promise<PaymentOutcome | undefined> {
    const sql = 'SELECT outcome, reference FROM simulated_payments WHERE key = $1';
    const [row] = await this.database.query<LedgerRow[]>(sql, [key]);
    return row && toOutcome(row);
  }

  void(charge: Charge): Promise<PaymentOutcome> {
    return this.settle(charge, 'voided');
  }

  async refund({ key, reference, amount }: Refund): Promise<RefundState> {
    await this.database.query(
      `INSERT INTO simulated_refunds (key, reference, amount)
       SELECT $1::uuid, reference, $3::bigint FROM simulated_payments
       WHERE reference = $2 AND outcome = 'captured' AND amount >= $3 ON CONFLICT (key) DO NOTHING`,
      [key, reference, amount],
    );
    const [paid] = await this.database.query<unknown[]>('SELECT 1 FROM simulated_refunds WHERE key = $1', [key]);
    if (!paid) throw new Error('the simulated provider has no such payment to refund');
    return 'paid';
  }

  async *movedSince(since: Date): AsyncIterable<HeldPayment> {
    for (let after: string | null = null; ;) {
      const page: (HeldPayment & { amount: string })[] = await this.database.query(
        `SELECT p.key, p.reference, p.amount,
           coalesce(jsonb_agg(jsonb_build_object('key', r.key, 'amount', r.amount)) FILTER (WHERE r.key IS NOT NULL), '[]') AS refunds
         FROM simulated_payments p LEFT JOIN simulated_refunds r ON r.reference = p.reference
         WHERE p.outcome = 'captured' AND ($2::uuid IS NULL OR p.key > $2)
         GROUP BY p.key HAVING greatest(p.created_at, max(r.created_at)) >= $1 ORDER BY p.key LIMIT ${PAGE}`,
        [since, after],
      );
      yield* page.map((payment) => ({ ...payment, amount: Number(payment.amount) }));
      const last = page.at(-1);
      if (!last) return;
      after = last.key;
    }
  }

  // The first outcome of a key stays its outcome.
  private async settle(charge: Charge, outcome: LedgerRow['outcome']): Promise<PaymentOutcome> {
    const [row] = await this.database.query<LedgerRow[]>(
      `WITH new AS (
         INSERT INTO simulated_payments (key, amount, currency, outcome, reference)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (key) DO NOTHING
         RETURNING outcome, reference
       ) SELECT * FROM new UNION ALL SELECT outcome, reference FROM simulated_payments WHERE key = $1 LIMIT 1`,
      [charge.key, charge.amount, charge.currency, outcome, `sim_${charge.key.replaceAll('-', '')}`],
    );
    // Somebody else's insert was not visible to this statement yet: it is to the next.
    return row ? toOutcome(row) : ((await this.lookUp(charge.key)) ?? Promise.reject(new Error('no answer')));
  }
}

function toOutcome({ outcome, reference }: LedgerRow): PaymentOutcome {
  return outcome === 'captured' ? { status: 'captured', reference } : { status: 'declined' };
}
