import type { Logger, OutgoingEvent } from '@shop/service-kit';
import { InMemoryEventBus } from '@shop/service-kit/testing';
import type { PaymentOutcome } from '../../orders-service/src/payments/payment-provider';
import { type HostileScheduler, InjectedFault } from '../../products-service/src/testing/hostile-scheduler';
import type { Gate } from '../../products-service/src/testing/interleaving';
import type { MemoryCollections } from '../../products-service/src/testing/memory-stock-store';
import { Bank } from './bank';
import { type DatabaseConditions, Statements, Tables } from './memory-postgres';
import { ORDER_STATEMENTS } from './order-statements';
import { OUTBOX_STATEMENTS } from './outbox-statements';
import { PAYMENT_STATEMENTS } from './payment-statements';

export type App = 'orders-service' | 'products-service';

/** What comes again until it was handled to the end. */
export interface Message {
  readonly to: App;
  readonly event?: OutgoingEvent;
  readonly webhook?: { readonly key: string; readonly outcome: PaymentOutcome };
}

/** Who has a queue for what. */
const LISTENERS: Readonly<Record<string, App>> = {
  'order.created': 'products-service',
  'order.confirmed': 'products-service',
  'order.cancelled': 'products-service',
  'stock.reserved': 'orders-service',
  'stock.rejected': 'orders-service',
};

const STATEMENTS = new Statements([...ORDER_STATEMENTS, ...PAYMENT_STATEMENTS, ...OUTBOX_STATEMENTS]);

/** What outlives every process: the stores, the broker's queues, the bank; and the clock. */
export class World implements DatabaseConditions {
  readonly statements = STATEMENTS;
  readonly tables = new Tables();
  readonly bank: Bank;
  /** Everything that was ever published: an old message may come again at any time. */
  readonly published: Message[] = [];
  readonly violations: string[] = [];
  /** Whatever a service reports must be the work of the nemesis. */
  readonly logger = { warn: ({ err }: { err?: Error }) => this.report(err) } as unknown as Logger;

  constructor(
    readonly scheduler: HostileScheduler<Message>,
    readonly stock: MemoryCollections,
  ) {
    this.bank = new Bank(scheduler);
  }

  now(): number {
    return this.scheduler.now;
  }

  answer(): void {
    if (this.scheduler.faulty && this.scheduler.chance(0.01)) throw new InjectedFault('the answer was lost');
  }

  /** False when the broker has not confirmed; it may have the event all the same. */
  publish(event: OutgoingEvent): boolean {
    const dice = this.scheduler.faulty ? this.scheduler.random() : 1;
    if (dice < 0.02) return false;
    const to = LISTENERS[event.type];
    if (!to && event.mandatory) this.violations.push(`nobody listens to ${event.type}`);
    if (to) this.send({ to, event });
    return dice >= 0.04;
  }

  send(message: Message): void {
    this.published.push(message);
    this.scheduler.waiting.push(message);
  }

  private report(error: Error | undefined): void {
    if (error && !(error instanceof InjectedFault)) this.violations.push(`reported: ${error.message}`);
  }
}

/** The broker as one task sees it: it may die before its events have left, and before it knows that they have. */
export class BrokerLink extends InMemoryEventBus {
  constructor(
    private readonly world: World,
    private readonly gate: Gate,
  ) {
    super();
  }

  override async publishAll(events: readonly OutgoingEvent[]): Promise<{ id: string; ok: boolean }[]> {
    await this.gate();
    const results = events.map((event) => ({ id: event.id, ok: this.world.publish(event) }));
    await this.gate();
    return results;
  }
}
