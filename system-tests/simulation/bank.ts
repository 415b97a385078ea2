import {
  type Charge,
  PaymentProvider,
  type PaymentOutcome,
  type RefundState,
} from '../../orders-service/src/payments/payment-provider';
import type { Refund } from '../../orders-service/src/payments/refunds.repository';
import { type HostileScheduler, InjectedFault } from '../../products-service/src/testing/hostile-scheduler';
import type { Gate } from '../../products-service/src/testing/interleaving';

export interface Payment {
  readonly key: string;
  /** One card per order, so that the bank's books can be compared with the orders whatever keys were used. */
  readonly card: string;
  readonly amount: number;
  readonly outcome: 'captured' | 'declined' | 'voided';
}

interface PaidBack {
  readonly reference: string;
  readonly amount: number;
}

export const DECLINED_CARD = 'declined';
export const UNREACHABLE_CARD = 'unreachable';

/** The payment provider's own books, and its requests that are still under way although nobody waits for them any more. */
export class Bank {
  readonly payments = new Map<string, Payment>();
  readonly refunds = new Map<string, PaidBack>();
  /** What no bank would go along with. */
  readonly complaints: string[] = [];
  private readonly underWay: (() => unknown)[] = [];

  constructor(private readonly scheduler: HostileScheduler<unknown>) {}

  get isIdle(): boolean {
    return this.underWay.length === 0;
  }

  /** The first outcome of a key stays its outcome. */
  settle({ key, method, amount }: Charge, outcome: Payment['outcome']): PaymentOutcome {
    const payment = this.payments.get(key) ?? { key, card: method, amount, outcome };
    this.payments.set(key, payment);
    return outcomeOf(payment);
  }

  find(key: string): PaymentOutcome | undefined {
    const payment = this.payments.get(key);
    return payment && outcomeOf(payment);
  }

  payBack({ key, reference, amount }: Refund): void {
    if (this.refunds.has(key)) return;
    this.refunds.set(key, { reference, amount });
    const payment = this.payments.get(reference);
    if (payment?.outcome !== 'captured' || this.accountOf(payment.card).net < 0)
      this.complaints.push(`${amount} paid back for ${reference}, which never came`);
  }

  /** Captures what it called declined or voided; answers what its webhook will say of it. */
  breakItsWord(): { key: string; outcome: PaymentOutcome } | undefined {
    const refused = [...this.payments.values()].filter(({ outcome }) => outcome !== 'captured');
    const payment = this.scheduler.pick(refused);
    if (!payment) return undefined;
    const captured = { ...payment, outcome: 'captured' as const };
    this.payments.set(payment.key, captured);
    return { key: payment.key, outcome: outcomeOf(captured) };
  }

  /** A request arrives, does not arrive, or arrives when nobody waits for the answer any more. */
  receive<T>(request: () => T): T {
    const dice = this.scheduler.faulty ? this.scheduler.random() : 1;
    if (dice < 0.1) throw new InjectedFault('the request was lost');
    if (dice < 0.2) this.underWay.push(request);
    if (dice < 0.2) throw new InjectedFault('time-out, the request is still under way');
    const answer = request();
    if (dice < 0.35) throw new InjectedFault('the answer was lost');
    return answer;
  }

  finishOneRequest(): boolean {
    const [request] = this.underWay.splice(this.scheduler.below(this.underWay.length), 1);
    request?.();
    return request !== undefined;
  }

  /** What a card was charged so far, less what was paid back, and in how many captures. */
  accountOf(card: string): { net: number; captures: number } {
    const captured = [...this.payments.values()].filter((one) => one.card === card && one.outcome === 'captured');
    const back = [...this.refunds.values()].filter(({ reference }) => captured.some(({ key }) => key === reference));
    return { net: sum(captured) - sum(back), captures: captured.length };
  }
}

/** A client of the bank in one task: each request waits at `gate`, and what becomes of it is the bank's whim. */
export class BankClient extends PaymentProvider {
  readonly name = 'bank';

  constructor(
    protected readonly bank: Bank,
    private readonly gate: Gate,
  ) {
    super();
  }

  knows(): boolean {
    return true;
  }

  async charge(charge: Charge): Promise<PaymentOutcome> {
    await this.gate();
    if (charge.method.endsWith(UNREACHABLE_CARD)) throw new InjectedFault('the bank does not answer');
    const outcome = charge.method.endsWith(DECLINED_CARD) ? 'declined' : 'captured';
    return this.bank.receive(() => this.bank.settle(charge, outcome));
  }

  async lookUp(key: string): Promise<PaymentOutcome | undefined> {
    await this.gate();
    return this.bank.receive(() => this.bank.find(key));
  }

  async void(charge: Charge): Promise<PaymentOutcome> {
    await this.gate();
    return this.bank.receive(() => this.bank.settle(charge, 'voided'));
  }

  async refund(refund: Refund): Promise<RefundState> {
    await this.gate();
    this.bank.receive(() => this.bank.payBack(refund));
    return 'paid';
  }

  movedSince(): never {
    throw new Error('nothing is restored in the simulation');
  }
}

function outcomeOf(payment: Payment): PaymentOutcome {
  return payment.outcome === 'captured' ? { status: 'captured', reference: payment.key } : { status: 'declined' };
}

function sum(amounts: readonly { readonly amount: number }[]): number {
  return amounts.reduce((total, { amount }) => total + amount, 0);
}
