import type { Refund } from './refunds.repository';

export type PaymentOutcome =
  { readonly status: 'captured'; readonly reference: string } | { readonly status: 'declined' };

/** Money is back with the customer, or on its way there, which may still fail. */
export type RefundState = 'paid' | 'under way';

export interface Charge {
  /** The attempt's id: the provider charges once per key, however often it is asked. */
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
  readonly method: string;
  /** When the attempt was begun, in epoch milliseconds of this process's clock. */
  readonly startedAt: number;
}

/** A captured payment as the provider keeps it, with what was paid back of it. */
export interface HeldPayment {
  readonly key: string;
  readonly reference: string;
  readonly amount: number;
  readonly refunds: readonly { readonly key: string; readonly amount: number }[];
}

/** Whoever moves the money. A rejected promise means that nobody knows whether it did. */
export abstract class PaymentProvider {
  abstract readonly name: string;
  abstract knows(method: string): boolean;
  abstract charge(charge: Charge): Promise<PaymentOutcome>;
  /** The outcome of a key, or undefined when the provider knows nothing of it, or not yet. */
  abstract lookUp(key: string): Promise<PaymentOutcome | undefined>;
  /** From now on this key, which was looked up before, can never be charged; the outcome when it was already. */
  abstract void(charge: Charge): Promise<PaymentOutcome>;
  abstract refund(refund: Refund): Promise<RefundState>;
  /** Payments that were captured, or paid back, at that time or later. */
  abstract movedSince(since: Date): AsyncIterable<HeldPayment>;
}

// One less than the 24 after which providers forget.
const KEYS_ARE_GOOD_FOR_MS = 23 * 3_600_000;

/** Providers forget a key after 24 hours: asked with it again, they would charge again. */
export function mayBeForgotten({ startedAt }: Charge): boolean {
  return Date.now() - startedAt > KEYS_ARE_GOOD_FOR_MS;
}
