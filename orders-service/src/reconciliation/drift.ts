/** What can be found where orders, stock and money do not tell the same story, in a person's words. */
export const DRIFT_KINDS = {
  'not-sold': 'paid for, but its goods are only reserved',
  'not-given-back': 'ended without a sale, but stock still holds its goods',
  'goods-not-held': 'should hold goods that stock has not, or no longer',
  'units-disagree': 'units are not where the stock has recorded them',
  'lines-differ': 'stock knows other lines of it',
  'record-of-nobody': 'stock holds goods for an order that does not exist',
  'order-stuck': 'has not ended in all the time that it may take',
  'units-do-not-add-up': 'available + reserved + sold is not what was put in',
  'reserved-differs': 'what is reserved is not what orders have reserved',
  'reserved-for-nobody': 'units are reserved without an order, or without its record',
  'sold-differs': 'what is sold is not what orders have bought',
  'not-paid': 'confirmed, but no payment was captured',
  'capture-not-applied': 'its payment was captured, but it is not confirmed',
  'refund-missing': 'ended without a sale, but its payment was kept',
  'refund-unpaid': 'its refund is owed for long',
  'refunded-but-alive': 'goes on, but its payment was refunded',
  'amount-differs': 'amounts of order, payment and refund are not the same',
  'charge-unknown-here': 'the provider has captured it; here it counts as not captured',
  'charge-unknown-there': 'captured here, but the provider does not know it',
  'charged-twice': 'the provider holds a second payment for it, which no order knows',
  'charge-of-nobody': 'the provider holds money that belongs to no order',
  'refund-unknown-here': 'the provider has paid something back that nobody here has ordered',
  'refund-unknown-there': 'refunded here, but not by the provider',
} as const;

export type DriftKind = keyof typeof DRIFT_KINDS;

/** What is safe to do however often, since whoever it reaches only makes agree what must. Everything else is a person's to decide. */
export type Mend =
  'send order.confirmed again' | 'send order.cancelled again' | 'open the refund' | 'apply the capture';

export interface Drift {
  readonly kind: DriftKind;
  readonly of: 'order' | 'product' | 'payment';
  readonly id: string;
  /** What was found, for a person: states and numbers. */
  readonly detail: string;
  readonly mend?: Mend;
}

export function subjectOf({ of, id }: Pick<Drift, 'of' | 'id'>): string {
  return `${of}:${id}`;
}

export function idsOf(subjects: readonly string[], of: Drift['of']): string[] {
  return subjects.filter((subject) => subject.startsWith(`${of}:`)).map((subject) => subject.slice(of.length + 1));
}
