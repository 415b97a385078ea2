import { createHash } from 'node:crypto';
import { isUuid } from '@shop/service-kit';
import type Stripe from 'stripe';
import type { HeldPayment } from './payment-provider';

const PAGE = 100;
// A payment is made within seconds of its intent.
const MARGIN_S = 3600;

/** What Stripe has on file of this shop's payments. */
export class StripeHistory {
  constructor(
    private readonly stripe: Stripe,
    private readonly shop: string,
  ) {}

  /** By search, which lags behind what happens: usually seconds, at worst an hour. */
  async intentsOf(attemptId: string): Promise<Stripe.PaymentIntent[]> {
    const { data } = await this.stripe.paymentIntents.search({ query: `metadata['attempt_id']:'${attemptId}'` });
    return data;
  }

  async *movedSince(since: Date): AsyncIterable<HeldPayment> {
    const created = { gte: Math.floor(since.getTime() / 1000) - MARGIN_S };
    const seen = new Set<string>();
    const made = this.stripe.paymentIntents.list({ created, limit: PAGE, expand: ['data.latest_charge'] });
    for await (const intent of made) yield* this.once(intent, seen);
    const refunded = this.stripe.refunds.list({ created, limit: PAGE, expand: ['data.payment_intent.latest_charge'] });
    for await (const { payment_intent: intent } of refunded) {
      if (intent && typeof intent !== 'string') yield* this.once(intent, seen);
    }
  }

  private async *once(intent: Stripe.PaymentIntent, seen: Set<string>): AsyncIterable<HeldPayment> {
    const { id, status, metadata } = intent;
    const isOurs = metadata.shop === this.shop && isUuid(metadata.attempt_id ?? '');
    if (!isOurs || status !== 'succeeded' || seen.has(id)) return;
    seen.add(id);
    const key = metadata.attempt_id ?? '';
    yield { key, reference: id, amount: intent.amount_received, refunds: await this.refundsOf(intent) };
  }

  private async refundsOf({ id, latest_charge: charge }: Stripe.PaymentIntent): Promise<HeldPayment['refunds']> {
    if (charge && typeof charge !== 'string' && charge.amount_refunded === 0) return [];
    const refunds: { key: string; amount: number }[] = [];
    for await (const refund of this.stripe.refunds.list({ payment_intent: id, limit: PAGE })) {
      const isMoney = refund.status !== 'failed' && refund.status !== 'canceled';
      if (isMoney) refunds.push({ key: keyOf(refund), amount: refund.amount });
    }
    return refunds;
  }
}

// One that a person has made in Stripe's dashboard has no key of ours, but always the same one here.
function keyOf({ id, metadata }: Stripe.Refund): string {
  const key = metadata?.refund_id;
  if (key && isUuid(key)) return key;
  const hex = createHash('sha256').update(id).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
