import {
  DomainError,
  type EndUser,
  type EventBus,
  type OutgoingEvent,
  OutboxRelay,
  runWithContext,
} from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { OrdersConfig } from '../../orders-service/src/config';
import { CancelOrder } from '../../orders-service/src/orders/cancel-order';
import { ContinueOrderWhenStockReserved } from '../../orders-service/src/orders/continue-order-when-stock-reserved';
import { FailOrderWhenStockRejected } from '../../orders-service/src/orders/fail-order-when-stock-rejected';
import type { NewOrder } from '../../orders-service/src/orders/order-row';
import { OrdersRepository } from '../../orders-service/src/orders/orders.repository';
import { ResumeStuckOrders } from '../../orders-service/src/orders/resume-stuck-orders';
import type { SealedAddresses } from '../../orders-service/src/orders/sealed-address';
import { UpdateOrderStatus } from '../../orders-service/src/orders/update-order-status';
import type { WaitForOutcome } from '../../orders-service/src/orders/wait-for-outcome';
import { ApplyOutcome } from '../../orders-service/src/payments/apply-outcome';
import { AttemptsRepository } from '../../orders-service/src/payments/attempts.repository';
import { ChargeCard } from '../../orders-service/src/payments/charge-card';
import { PayOrder } from '../../orders-service/src/payments/pay-order';
import type { PaymentOutcome, PaymentProvider } from '../../orders-service/src/payments/payment-provider';
import { PayRefunds } from '../../orders-service/src/payments/pay-refunds';
import { RefundsRepository } from '../../orders-service/src/payments/refunds.repository';
import { ResolveUnknownPayments } from '../../orders-service/src/payments/resolve-unknown-payments';
import type { Gate } from '../../products-service/src/testing/interleaving';
import { BankClient } from './bank';
import { MemoryPostgres } from './memory-postgres';
import { BrokerLink, type World } from './world';

/** The relation between the times is that of the defaults; a simulated second is short. */
const CONFIG = Object.freeze(
  Object.assign(new OrdersConfig(), {
    SAGA_RESEND_AFTER: 15_000,
    SAGA_PENDING_TIMEOUT: 120_000,
    SAGA_RESERVATION_TTL: 90_000,
    // The bank's silence is the bank's whim, not the clock's.
    SAGA_PAYMENT_TIMEOUT: Infinity,
  }),
);

const nobodyWaits = { settled: () => Promise.resolve(), nudge: () => undefined } as unknown as WaitForOutcome;
const noAddresses = { seal: () => '', opened: <T>(row: T) => row } as unknown as SealedAddresses;
const comesBySelf = { nudge: () => undefined } as unknown as OutboxRelay;

/** One process of orders-service, for the length of one task: its own classes over the simulated stores. */
export class OrdersReplica {
  protected readonly database: DataSource;
  protected readonly bank: PaymentProvider;
  protected readonly orders: OrdersRepository;
  protected readonly attempts: AttemptsRepository;

  constructor(
    protected readonly world: World,
    protected readonly gate: Gate,
    private readonly payLater: (orderId: string) => void,
  ) {
    this.database = this.connect().asDataSource();
    this.bank = this.callBank();
    this.orders = new OrdersRepository(this.database, noAddresses);
    this.attempts = this.attemptsOf(this.database, this.orders);
  }

  place(order: NewOrder): Promise<void> {
    return this.orders.insert(order);
  }

  async handle(event: OutgoingEvent<never>): Promise<void> {
    const incoming = { ...event, requestId: 'simulation', redelivered: false };
    const { orders } = this;
    if (event.type === 'stock.reserved')
      return new ContinueOrderWhenStockReserved(CONFIG, orders, this.payOrder()).handle(incoming);
    return new FailOrderWhenStockRejected(orders, comesBySelf, nobodyWaits).handle(incoming);
  }

  pay(orderId: string): Promise<void> {
    return this.payOrder().execute(orderId);
  }

  applyWebhook({ key, outcome }: { key: string; outcome: PaymentOutcome }): Promise<void> {
    return new ApplyOutcome(this.attempts, this.bank, comesBySelf, nobodyWaits).execute(key, outcome);
  }

  cancel(orderId: string, user: EndUser): Promise<unknown> {
    return asUser(user, () => new CancelOrder(this.orders, nobodyWaits, comesBySelf).execute(orderId));
  }

  ship(orderId: string): Promise<unknown> {
    const shipping = new UpdateOrderStatus(this.orders, comesBySelf);
    return asUser({ id: 'admin', role: 'admin' }, () => shipping.execute({ id: orderId, status: 'shipped' }));
  }

  /** One round of what runs every few seconds in every replica. */
  async resumeStuckOrders(): Promise<void> {
    const resume = new ResumeStuckOrders(CONFIG, this.database, this.orders, this.payOrder(), this.world.logger);
    await resume['askStockAgain']();
    await resume['failSilent']();
    await resume['expire']();
    await resume['payLeft']();
  }

  resolveUnknownPayments(): Promise<unknown> {
    return new ResolveUnknownPayments(CONFIG, this.attempts, this.card(), this.bank).execute();
  }

  payRefunds(): Promise<unknown> {
    const { database, bank, world } = this;
    return new PayRefunds(CONFIG, new RefundsRepository(database), bank, world.logger).execute();
  }

  async relayOutbox(): Promise<void> {
    const relay = new OutboxRelay(this.database, this.linkToBroker() as unknown as EventBus, this.world.logger);
    await relay['relayDue']();
  }

  protected connect(): MemoryPostgres {
    return new MemoryPostgres(this.world, this.gate);
  }

  protected callBank(): PaymentProvider {
    return new BankClient(this.world.bank, this.gate);
  }

  protected linkToBroker(): BrokerLink {
    return new BrokerLink(this.world, this.gate);
  }

  protected attemptsOf(database: DataSource, orders: OrdersRepository): AttemptsRepository {
    return new AttemptsRepository(database, orders);
  }

  private payOrder(): PayOrder {
    const payment = new PayOrder(CONFIG, this.orders, this.card(), this.bank, this.world.logger);
    // Its background worker is a task of its own: it may die alone.
    payment.soon = this.payLater;
    return payment;
  }

  private card(): ChargeCard {
    const outcome = new ApplyOutcome(this.attempts, this.bank, comesBySelf, nobodyWaits);
    return new ChargeCard(CONFIG, this.attempts, this.bank, outcome, this.world.logger);
  }
}

/** A refusal is an answer too. */
async function asUser(user: EndUser, work: () => Promise<unknown>): Promise<void> {
  try {
    await runWithContext({ requestId: 'simulation', user }, work);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
}
