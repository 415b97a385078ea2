import { randomBytes } from 'node:crypto';

/** Numbers and names that Stripe's API gives an answer with. */
export interface StripeAnswer {
  readonly status: number;
  readonly body: object;
}

export interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly created: number;
  status:
    'requires_payment_method' | 'requires_confirmation' | 'requires_action' | 'processing' | 'succeeded' | 'canceled';
  amount_received: number;
  latest_charge: { id: string; amount_refunded: number } | null;
}

export interface StripeRefund {
  readonly id: string;
  readonly object: 'refund';
  readonly payment_intent: string;
  readonly amount: number;
  status: 'succeeded' | 'pending' | 'failed';
  readonly metadata: Readonly<Record<string, string>>;
  readonly created: number;
}

type Told = (type: string, object: object) => void;

const DECLINED = 'pm_card_visa_chargeDeclined';
const METHODS: Readonly<Record<string, Intent['status']>> = {
  pm_card_visa: 'succeeded',
  [DECLINED]: 'requires_payment_method',
  pm_card_authenticationRequired: 'requires_action',
  pm_bank_debit: 'processing',
};
const LEAST_AMOUNT = 50;

/** What Stripe keeps of an account: intents and refunds, and what may become of them. */
export class StripeBooks {
  readonly intents = new Map<string, Intent>();
  readonly refunds = new Map<string, StripeRefund>();
  /** How a refund begins; Stripe changes it later without a request. */
  refundsBegin: StripeRefund['status'] = 'succeeded';

  constructor(private readonly tell: Told) {}

  create(params: Record<string, string>): StripeAnswer {
    const { amount = '', currency = '', payment_method: method = '' } = params;
    const isConfirmed = params.confirm === 'true';
    if (Number(amount) < LEAST_AMOUNT) return refusal({ code: 'amount_too_small', param: 'amount' });
    if (isConfirmed && !(method in METHODS)) return refusal({ code: 'resource_missing', param: 'payment_method' });
    const intent: Intent = {
      id: newId('pi'),
      object: 'payment_intent',
      amount: Number(amount),
      currency,
      metadata: metadataOf(params),
      created: nowS(),
      status: 'requires_payment_method',
      amount_received: 0,
      latest_charge: null,
    };
    this.intents.set(intent.id, intent);
    this.tell('payment_intent.created', intent);
    return isConfirmed ? this.confirm(intent, method) : { status: 200, body: { ...intent } };
  }

  private confirm(intent: Intent, method: string): StripeAnswer {
    intent.status = METHODS[method] ?? 'requires_payment_method';
    if (intent.status === 'succeeded') this.succeed(intent);
    if (method !== DECLINED) return { status: 200, body: { ...intent } };
    this.tell('payment_intent.payment_failed', intent);
    return refusal({ type: 'card_error', code: 'card_declined', payment_intent: { ...intent } }, 402);
  }

  /** For what has been processing. */
  succeed(intent: Intent): void {
    intent.status = 'succeeded';
    intent.amount_received = intent.amount;
    intent.latest_charge = { id: newId('ch'), amount_refunded: 0 };
    this.tell('payment_intent.succeeded', intent);
  }

  retrieve(id: string): StripeAnswer {
    const intent = this.intents.get(id);
    return intent ? { status: 200, body: { ...intent } } : refusal({ code: 'resource_missing', param: 'intent' }, 404);
  }

  cancel(id: string): StripeAnswer {
    const intent = this.intents.get(id);
    if (!intent) return this.retrieve(id);
    if (/succeeded|canceled|processing/.test(intent.status))
      return refusal({ code: 'payment_intent_unexpected_state' });
    intent.status = 'canceled';
    this.tell('payment_intent.canceled', intent);
    return this.retrieve(id);
  }

  search(attemptId: string, agedS: number): StripeAnswer {
    const found = [...this.intents.values()].filter(
      ({ metadata, created }) => metadata.attempt_id === attemptId && created <= nowS() - agedS,
    );
    return { status: 200, body: { object: 'search_result', data: found.map(copyOf), has_more: false } };
  }

  refund(params: Record<string, string>): StripeAnswer {
    const intent = this.intents.get(params.payment_intent ?? '');
    if (!intent?.latest_charge) return refusal({ code: 'resource_missing', param: 'payment_intent' });
    const amount = Number(params.amount);
    const left = intent.amount_received - intent.latest_charge.amount_refunded;
    if (left === 0) return refusal({ code: 'charge_already_refunded' });
    if (amount > left) return refusal({ code: 'amount_too_large', param: 'amount' });
    intent.latest_charge.amount_refunded += amount;
    const refund: StripeRefund = {
      id: newId('re'),
      object: 'refund',
      payment_intent: intent.id,
      amount,
      status: this.refundsBegin,
      metadata: metadataOf(params),
      created: nowS(),
    };
    this.refunds.set(refund.id, refund);
    this.tell('charge.refunded', intent);
    return { status: 200, body: { ...refund } };
  }

  retrieveRefund(id: string): StripeAnswer {
    const refund = this.refunds.get(id);
    return refund ? { status: 200, body: { ...refund } } : refusal({ code: 'resource_missing' }, 404);
  }

  /** What was taken for an intent, less what was paid back. */
  netOf({ amount_received: received, latest_charge: charge }: Intent): number {
    return received - (charge?.amount_refunded ?? 0);
  }
}

export function refusal(error: object, status = 400): StripeAnswer {
  return { status, body: { error: { type: 'invalid_request_error', message: 'It cannot be done.', ...error } } };
}

function metadataOf(params: Record<string, string>): Record<string, string> {
  const entries = Object.entries(params).map(([name, value]) => [/^metadata\[(.+)\]$/.exec(name)?.[1], value] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[0] !== undefined));
}

function copyOf(intent: Intent): Intent {
  return { ...intent };
}

function newId(kind: string): string {
  return `${kind}_${randomBytes(12).toString('hex')}`;
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
