import type { Logger } from '@shop/service-kit';
import Stripe from 'stripe';
import type { OrdersConfig } from '../config';
import {
  type Charge,
  type HeldPayment,
  mayBeForgotten,
  PaymentProvider,
  type PaymentOutcome,
  type RefundState,
} from './payment-provider';
import type { Refund } from './refunds.repository';
import { StripeHistory } from './stripe-history';
import { stripeClient } from './stripe-client';

type Settings = Pick<OrdersConfig, 'STRIPE_SECRET_KEY' | 'STRIPE_API_URL' | 'STRIPE_SHOP' | 'SAGA_PAYMENT_TIMEOUT'>;

const DECLINED: PaymentOutcome = { status: 'declined' };
// Stripe's search may be so far behind what has happened.
const SEARCH_LAG_MS = 3_600_000;

/**
 * Stripe. A charge is one PaymentIntent, made and confirmed by one call; the key of that call, which Stripe remembers for a
 * day, is what makes it one. A key is voided by using it up for an intent that is never confirmed.
 */
export class StripeProvider extends PaymentProvider {
  readonly name = 'stripe';
  private readonly stripe: Stripe;
  private readonly history: StripeHistory;

  constructor(
    private readonly config: Settings,
    private readonly logger: Logger,
  ) {
    super();
    this.stripe = stripeClient(config);
    this.history = new StripeHistory(this.stripe, config.STRIPE_SHOP);
  }

  knows(method: string): boolean {
    return /^pm_\w+$/.test(method);
  }

  charge(charge: Charge): Promise<PaymentOutcome> {
    return withoutPayload(async () => {
      try {
        return await this.create(charge, this.toCharge(charge));
      } catch (error) {
        if (!isUsedForSomethingElse(error)) throw error;
        return this.create(charge, this.toVoid(charge));
      }
    });
  }

  lookUp(key: string): Promise<PaymentOutcome | undefined> {
    return withoutPayload(async () => {
      const intents = await this.history.intentsOf(key);
      const outcomes = await Promise.all(intents.map((intent) => this.outcomeOf(intent)));
      return outcomes.find(({ status }) => status === 'captured') ?? outcomes[0];
    });
  }

  void(charge: Charge): Promise<PaymentOutcome> {
    return withoutPayload(async () => {
      // It has been looked up, and the key is not to be used any more.
      if (mayBeForgotten(charge)) return DECLINED;
      try {
        return await this.create(charge, this.toVoid(charge));
      } catch (error) {
        if (!isUsedForSomethingElse(error)) throw error;
        return await this.createAgain(charge);
      }
    });
  }

  refund({ key, reference, amount }: Refund): Promise<RefundState> {
    return withoutPayload(async () => {
      const wanted = { payment_intent: reference, amount, metadata: { refund_id: key } };
      try {
        // After a restore a refund's key is its payment's, and Stripe takes a key for one kind of request only.
        const made = await this.stripe.refunds.create(wanted, { idempotencyKey: `refund-${key}` });
        // A remembered answer says how things were when it was given.
        return stateOf(made.status === 'succeeded' ? made : await this.stripe.refunds.retrieve(made.id));
      } catch (error) {
        if (!(error instanceof Stripe.errors.StripeError) || error.code !== 'charge_already_refunded') throw error;
        const { data } = await this.stripe.refunds.list({ payment_intent: reference });
        return data.some(isUnderWay) ? 'under way' : 'paid';
      }
    });
  }

  movedSince(since: Date): AsyncIterable<HeldPayment> {
    return this.history.movedSince(since);
  }

  private toCharge(charge: Charge): Stripe.PaymentIntentCreateParams {
    return {
      ...this.toVoid(charge),
      payment_method: charge.method,
      confirm: true,
      // Whoever would have to be asked in a browser cannot be: there is none.
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    };
  }

  private toVoid({ key, amount, currency }: Charge): Stripe.PaymentIntentCreateParams {
    const metadata = { attempt_id: key, shop: this.config.STRIPE_SHOP };
    return { amount, currency: currency.toLowerCase(), metadata };
  }

  private async create(charge: Charge, params: Stripe.PaymentIntentCreateParams): Promise<PaymentOutcome> {
    const made = await this.stripe.paymentIntents
      .create(params, { idempotencyKey: charge.key })
      .catch((error: unknown) => {
        if (error instanceof Stripe.errors.StripeCardError) return undefined;
        if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
        // Nothing was begun: an unknown payment method, say, or an amount that is too small.
        const { code, param, requestId } = error;
        this.logger.warn(
          { code, param, stripeRequestId: requestId, attemptId: charge.key },
          'Stripe refuses a payment',
        );
        return undefined;
      });
    return made ? this.outcomeOf(made) : DECLINED;
  }

  // Stripe remembers its failures, too, and repeats them; an intent that exists nevertheless will be found in the end.
  private async createAgain(charge: Charge): Promise<PaymentOutcome> {
    try {
      return await this.create(charge, this.toCharge(charge));
    } catch (error) {
      const isOver = error instanceof Stripe.errors.StripeError && error.headers?.['idempotent-replayed'] === 'true';
      if (isOver && Date.now() - charge.startedAt > SEARCH_LAG_MS) return DECLINED;
      throw error;
    }
  }

  // A remembered answer says how things were when it was given.
  private async outcomeOf(intent: Stripe.PaymentIntent): Promise<PaymentOutcome> {
    const { id, status } =
      intent.status === 'succeeded' ? intent : await this.stripe.paymentIntents.retrieve(intent.id);
    if (status === 'succeeded') return { status: 'captured', reference: id };
    if (status === 'canceled') return DECLINED;
    if (status === 'processing') throw new Error(`Stripe has not decided ${id} yet`);
    const ended = await this.stripe.paymentIntents.cancel(id);
    if (ended.status !== 'canceled') throw new Error(`Stripe did not cancel ${id}`);
    return DECLINED;
  }
}

function stateOf(refund: Stripe.Refund): RefundState {
  if (isUnderWay(refund)) return 'under way';
  if (refund.status !== 'succeeded') throw new Error(`the refund is ${refund.status}`);
  return 'paid';
}

// While the shop's balance at Stripe is empty, say, or the customer's bank takes its time.
function isUnderWay({ status }: Stripe.Refund): boolean {
  return status === 'pending' || status === 'requires_action';
}

function isUsedForSomethingElse(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeIdempotencyError;
}

/** Stripe's errors carry what it knows of the card, and headers: neither is for our logs. */
async function withoutPayload<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Stripe.errors.StripeError ? new Error(summaryOf(error)) : error;
  }
}

function summaryOf({ type, code, statusCode, requestId }: InstanceType<typeof Stripe.errors.StripeError>): string {
  return `no outcome from Stripe: ${[type, code, statusCode, requestId].filter(Boolean).join(' ')}`;
}
