import { randomUUID } from 'node:crypto';
import type { NewOrder } from '../../orders-service/src/orders/order-row';
import { HostileScheduler, type WorkOptions } from '../../products-service/src/testing/hostile-scheduler';
import type { Gate } from '../../products-service/src/testing/interleaving';
import { type MemoryStockStore, memoryCollections } from '../../products-service/src/testing/memory-stock-store';
import { DECLINED_CARD, UNREACHABLE_CARD } from './bank';
import { brokenAtAnyTime, brokenInTheEnd, isAtRest } from './order-invariants';
import { OrdersReplica } from './orders-replica';
import { ProductsReplica, STOCK_HANDLER_ENDS_WITHIN_MS } from './products-replica';
import { type Message, World } from './world';

/** A shop with one thing wrong in it. */
export interface PlantedDefect {
  readonly Orders?: typeof OrdersReplica;
  readonly Store?: typeof MemoryStockStore;
  readonly ackEarly?: boolean;
  /** Something that runs every now and then in products-service. */
  readonly extraJob?: (world: World) => (store: MemoryStockStore) => Promise<void>;
}

const LAST_STEP = 6000;
const SECOND_MS = 1000;

/**
 * Orders, stock and payment together, as both services have them, on stores in memory: every await of theirs is a point
 * where the process may be killed, put to sleep or overtaken, and a single seed decides where.
 */
export class OrderSimulation {
  readonly world: World;
  private readonly scheduler: HostileScheduler<Message>;
  private readonly wishes: NewOrder[];
  /** More zombies, and longer faults. */
  private readonly wild: boolean;

  constructor(
    seed: number,
    private readonly defect: PlantedDefect = {},
  ) {
    this.wild = seed % 4 === 0;
    const faultSteps = this.wild ? 600 : 300;
    const longestNap = this.wild ? 200 : 30;
    this.scheduler = new HostileScheduler({ seed, faultSteps, longestNap, refusals: 0.01, ackEarly: defect.ackEarly });
    const { scheduler } = this;
    const products = Array.from({ length: 1 + scheduler.below(3) }, (_, index) => `p${index}`);
    const stock = memoryCollections(Object.fromEntries(products.map((id) => [id, 1 + scheduler.below(6)])));
    this.world = new World(scheduler, stock);
    this.wishes = Array.from({ length: 2 + scheduler.below(5) }, (_, index) => this.wish(index, products));
  }

  /** What went wrong; empty when every promise was kept. */
  async run(): Promise<string[]> {
    const { scheduler, world } = this;
    while (scheduler.stepNumber++ < LAST_STEP && world.violations.length === 0) {
      this.letTimePass();
      if (!this.nemesis()) await this.progress();
      world.violations.push(...scheduler.failures, ...brokenAtAnyTime(world));
      if (this.isOver()) break;
    }
    if (world.violations.length > 0) return world.violations;
    if (scheduler.stepNumber >= LAST_STEP) world.violations.push('it never came to rest');
    world.violations.push(...brokenInTheEnd(world));
    return world.violations;
  }

  private wish(index: number, products: readonly string[]): NewOrder {
    const { scheduler } = this;
    const chosen = products.filter(() => scheduler.chance(0.6));
    const items = (chosen.length > 0 ? chosen : ['p0']).map((productId) => {
      return { productId, sku: productId, name: productId, unitPrice: 100, quantity: 1 + scheduler.below(3) };
    });
    const dice = scheduler.random();
    const kind = dice < 0.15 ? DECLINED_CARD : dice < 0.25 ? UNREACHABLE_CARD : 'good';
    return {
      id: randomUUID(),
      userId: `user-${index}`,
      items,
      totalAmount: items.reduce((total, { unitPrice, quantity }) => total + unitPrice * quantity, index + 1),
      currency: 'USD',
      paymentProvider: 'bank',
      paymentMethod: `card-${index}-${kind}`,
      shippingAddress: { name: '', line1: '', line2: '', city: '', postalCode: '', country: '' } as never,
      idempotencyKey: '',
      fingerprint: '',
    };
  }

  private letTimePass(): void {
    const { scheduler } = this;
    if (scheduler.below(3) === 0) scheduler.now += SECOND_MS;
    // Now and then everything stands still for long, and in the end there is nothing else to wait for.
    if (scheduler.faulty && scheduler.chance(0.002)) scheduler.now += 100 * SECOND_MS;
    if (!scheduler.faulty && scheduler.liveCount + scheduler.waiting.length === 0) scheduler.now += 5 * SECOND_MS;
  }

  private nemesis(): boolean {
    const { scheduler, wild } = this;
    if (!scheduler.faulty) return false;
    const dice = scheduler.random();
    if (dice < 0.04) return scheduler.killOne();
    if (dice < 0.045) return scheduler.killApp(scheduler.chance(0.5) ? 'orders-service' : 'products-service');
    if (dice < (wild ? 0.15 : 0.085)) return scheduler.loseConnection();
    if (dice < (wild ? 0.18 : 0.095)) return scheduler.suspendOne();
    if (dice < (wild ? 0.2 : 0.115)) return this.repeatAnything();
    if (dice < (wild ? 0.22 : 0.135)) return this.cancelSomething();
    if (dice < (wild ? 0.223 : 0.138)) return this.shipSomething();
    if (dice < (wild ? 0.228 : 0.143)) return this.bankSurprise();
    return false;
  }

  private repeatAnything(): boolean {
    const message = this.scheduler.pick(this.world.published);
    if (message) this.scheduler.waiting.push(message);
    return message !== undefined;
  }

  private cancelSomething(): boolean {
    const order = this.scheduler.pick([...this.world.tables.orders.values()]);
    if (!order) return false;
    const user = { id: this.scheduler.chance(0.8) ? order.user_id : 'admin', role: 'admin' as const };
    this.inOrders((replica) => replica.cancel(order.id, user));
    return true;
  }

  private shipSomething(): boolean {
    const order = this.scheduler.pick([...this.world.tables.orders.values()]);
    if (order) this.inOrders((replica) => replica.ship(order.id));
    return order !== undefined;
  }

  private bankSurprise(): boolean {
    const webhook = this.world.bank.breakItsWord();
    if (webhook) this.world.send({ to: 'orders-service', webhook });
    return webhook !== undefined;
  }

  private async progress(): Promise<void> {
    const { scheduler, world } = this;
    // Like a prefetch: what is in hand comes first, or nothing would ever end.
    if (scheduler.liveCount > (scheduler.faulty ? 12 : 3)) return scheduler.letOneStep();
    const dice = scheduler.random();
    if (dice < 0.2) return this.consume();
    if (dice < 0.23) return this.inOrders((replica) => replica.relayOutbox());
    if (dice < 0.25) return this.inOrders((replica) => replica.resumeStuckOrders());
    if (dice < 0.28) return this.inOrders((replica) => replica.resolveUnknownPayments());
    if (dice < 0.3) return this.inOrders((replica) => replica.payRefunds());
    if (dice < 0.32) return this.inProducts((replica) => replica.relayReplies());
    if (dice < 0.34) return this.inProducts((replica) => replica.sweep());
    if (dice < 0.36) return world.bank.finishOneRequest();
    if (dice < 0.38) return this.placeOrder();
    if (dice < 0.39 && this.defect.extraJob) return this.inProducts(({ store }) => this.defect.extraJob!(world)(store));
    await scheduler.letOneStep();
  }

  private consume(): void {
    const message = this.scheduler.takeMessage();
    if (!message) return;
    const { to, event, webhook } = message;
    if (webhook) this.inOrders((replica) => replica.applyWebhook(webhook), { message });
    else if (to === 'orders-service') this.inOrders((replica) => replica.handle(event as never), { message });
    else this.inProducts((replica) => replica.handle(event!), { message });
  }

  private placeOrder(): void {
    const wish = this.wishes.pop();
    if (wish) this.inOrders((replica) => replica.place(wish));
  }

  private inOrders(run: (replica: OrdersReplica) => Promise<unknown>, options: WorkOptions<Message> = {}): void {
    const Replica = this.defect.Orders ?? OrdersReplica;
    const payLater = (orderId: string) => this.inOrders((replica) => replica.pay(orderId));
    const work = (gate: Gate) => run(new Replica(this.world, gate, payLater));
    this.scheduler.spawn(work, { ...options, app: 'orders-service' });
  }

  private inProducts(run: (replica: ProductsReplica) => Promise<unknown>, options: WorkOptions<Message> = {}): void {
    const work = (gate: Gate) => run(new ProductsReplica(this.world, gate, this.defect.Store));
    this.scheduler.spawn(work, { ...options, app: 'products-service', endsWithin: STOCK_HANDLER_ENDS_WITHIN_MS });
  }

  private isOver(): boolean {
    const { faulty, liveCount, waiting } = this.scheduler;
    return !faulty && liveCount + waiting.length + this.wishes.length === 0 && isAtRest(this.world);
  }
}
