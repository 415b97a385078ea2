import type { NewOrder } from '../../orders-service/src/orders/order-row';
import { HostileScheduler, type WorkOptions } from '../../products-service/src/testing/hostile-scheduler';
import type { Gate } from '../../products-service/src/testing/interleaving';
import { type MemoryStockStore, memoryCollections } from '../../products-service/src/testing/memory-stock-store';
import { ORDERS_ROUNDS, PRODUCTS_ROUNDS } from './background-work';
import { brokenAtAnyTime, brokenInTheEnd, unfinished } from './order-invariants';
import { OrdersReplica } from './orders-replica';
import { ProductsReplica, STOCK_HANDLER_ENDS_WITHIN_MS } from './products-replica';
import { wishes } from './wishes';
import { type Message, World } from './world';

/** A shop with one thing wrong in it. */
export interface PlantedDefect {
  readonly Orders?: typeof OrdersReplica;
  readonly Store?: typeof MemoryStockStore;
  readonly ackEarly?: boolean;
  /** Something that runs every now and then in products-service. */
  readonly extraWork?: (world: World, store: MemoryStockStore) => Promise<void>;
}

const LAST_STEP = 6000;
const SECOND_MS = 1000;

/**
 * Orders, stock and payment together, as both services have them, on stores in memory: every await of theirs is a point
 * where the process may be killed, put to sleep or overtaken, and a single seed decides where.
 */
export class OrderSimulation {
  readonly world: World;
  readonly scheduler: HostileScheduler<Message>;
  private readonly wishes: NewOrder[];
  /** More zombies, and longer faults. */
  private readonly wild: boolean;

  /** How fast messages are taken: where they pile up, they overtake each other. */
  private readonly appetite: number;

  constructor(
    seed: number,
    private readonly defect: PlantedDefect = {},
  ) {
    this.wild = seed % 4 === 0;
    const faultSteps = this.wild ? 500 : 250;
    const longestNap = this.wild ? 200 : 30;
    this.scheduler = new HostileScheduler({ seed, faultSteps, longestNap, refusals: 0.01, ackEarly: defect.ackEarly });
    const { scheduler } = this;
    const products = Array.from({ length: 1 + scheduler.below(3) }, (_, index) => `p${index}`);
    const stock = memoryCollections(Object.fromEntries(products.map((id) => [id, 1 + scheduler.below(6)])));
    this.world = new World(scheduler, stock);
    this.appetite = 0.03 + scheduler.random() * 0.2;
    this.wishes = wishes(scheduler, products);
  }

  /** What went wrong; empty when every promise was kept. */
  async run(): Promise<string[]> {
    const { scheduler, world } = this;
    while (scheduler.stepNumber++ < LAST_STEP) {
      this.letTimePass();
      if (!this.nemesis()) await this.progress();
      const broken = [...world.violations, ...scheduler.failures, ...brokenAtAnyTime(world)];
      if (broken.length > 0) return broken;
      if (this.isOver()) return brokenInTheEnd(world);
    }
    return [`never came to rest: ${unfinished(world).join(', ')}`, ...brokenInTheEnd(world)];
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
    if (dice < (wild ? 0.21 : 0.127)) return this.cancelSomething();
    if (dice < (wild ? 0.213 : 0.13)) return this.shipSomething();
    if (dice < (wild ? 0.218 : 0.135)) return this.bankSurprise();
    return false;
  }

  private repeatAnything(): boolean {
    const message = this.scheduler.pick(this.world.published);
    if (message) this.scheduler.waiting.push(message);
    return message !== undefined;
  }

  private cancelSomething(): boolean {
    const orders = [...this.world.tables.orders.values()];
    const confirmed = orders.filter(({ status }) => status === 'CONFIRMED');
    const order = this.scheduler.pick(confirmed.length > 0 && this.scheduler.chance(0.5) ? confirmed : orders);
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
    const { scheduler } = this;
    // Like a prefetch: what is in hand comes first, or nothing would ever end.
    if (scheduler.liveCount > (scheduler.faulty ? 12 : 3) || !this.begin()) await scheduler.letOneStep();
  }

  /** True when something new was begun. */
  private begin(): boolean {
    const { scheduler, world } = this;
    // With nothing in hand there is no other choice.
    const dice = scheduler.random() * (scheduler.liveCount === 0 ? 0.2 + this.appetite : 1);
    if (dice < 0.12) return this.goRound(ORDERS_ROUNDS, (run) => this.inOrders(run));
    if (dice < 0.16) return this.goRound(PRODUCTS_ROUNDS, (run) => this.inProducts(run));
    if (dice < 0.18) return world.bank.finishOneRequest();
    if (dice < 0.2) return this.placeOrder();
    if (dice < 0.2 + this.appetite) return this.consume();
    const { extraWork } = this.defect;
    if (dice < 0.99 || !extraWork) return false;
    this.inProducts(({ store }) => extraWork(world, store));
    return true;
  }

  private consume(): boolean {
    const message = this.scheduler.takeMessage();
    if (!message) return false;
    const { to, event, webhook } = message;
    if (webhook) this.inOrders((replica) => replica.applyWebhook(webhook), { message });
    else if (to === 'orders-service') this.inOrders((replica) => replica.handle(event as never), { message });
    else this.inProducts((replica) => replica.handle(event!), { message });
    return true;
  }

  private goRound<Round extends { readonly isDue: (world: World) => boolean; readonly run: unknown }>(
    rounds: readonly Round[],
    start: (run: Round['run']) => void,
  ): boolean {
    const round = this.scheduler.pick(rounds)!;
    if (!round.isDue(this.world)) return false;
    start(round.run);
    return true;
  }

  private placeOrder(): boolean {
    const wish = this.wishes.pop();
    if (wish) this.inOrders((replica) => replica.place(wish));
    return wish !== undefined;
  }

  private inOrders(run: (replica: OrdersReplica) => Promise<unknown>, options: WorkOptions<Message> = {}): void {
    const Replica = this.defect.Orders ?? OrdersReplica;
    const payLater = (orderId: string) => this.payLater(orderId);
    const work = (gate: Gate) => run(new Replica(this.world, gate, payLater));
    this.scheduler.spawn(work, { ...options, app: 'orders-service' });
  }

  private payLater(orderId: string): void {
    const diesBefore = this.scheduler.faulty && this.scheduler.chance(0.2);
    if (!diesBefore) this.inOrders((replica) => replica.pay(orderId));
  }

  private inProducts(run: (replica: ProductsReplica) => Promise<unknown>, options: WorkOptions<Message> = {}): void {
    const work = (gate: Gate) => run(new ProductsReplica(this.world, gate, this.defect.Store));
    this.scheduler.spawn(work, { ...options, app: 'products-service', endsWithin: STOCK_HANDLER_ENDS_WITHIN_MS });
  }

  private isOver(): boolean {
    const { faulty, liveCount, waiting } = this.scheduler;
    return !faulty && liveCount + waiting.length + this.wishes.length === 0 && unfinished(this.world).length === 0;
  }
}
