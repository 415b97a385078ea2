import type { Refund } from './refunds.repository';

export type PaymentOutcome =
  { readonly status: 'captured'; readonly reference: string } | { readonly status: 'declined' };

export interface Charge {
  /** The attempt's id: the provider charges once per key, however often it is asked. */
  readonly key: string;
  readonly amount: number;
  readonly currency: string;
  readonly method: string;
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
  /** The outcome of a key, or undefined when the provider has never seen it. */
  abstract lookUp(key: string): Promise<PaymentOutcome | undefined>;
  /** From now on this key can never be charged; the outcome when it was already. */
  abstract void(charge: Charge): Promise<PaymentOutcome>;
  abstract refund(refund: Refund): Promise<void>;
  /** Payments that were captured, or paid back, at that time or later. */
  abstract movedSince(since: Date): AsyncIterable<HeldPayment>;
}
