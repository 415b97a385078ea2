import { commitStock } from '../stock/commit-stock';
import { relayReplies, sendReply } from '../stock/relay-replies';
import { releaseStock } from '../stock/release-stock';
import { reserveStock } from '../stock/reserve-stock';
import type { Line, StockOrder, StockStore } from '../stock/stock-steps';
import { sweepStock } from '../stock/sweep-stock';
import { HostileScheduler } from './hostile-scheduler';
import type { Gate } from './interleaving';
import { type MemoryCollections, memoryCollections, MemoryStockStore } from './memory-stock-store';
import { brokenAlways, brokenAtEnd, isSettled } from './stock-invariants';

type Status = 'PENDING' | 'RESERVED' | 'CONFIRMED' | 'REJECTED' | 'CANCELLED';
type Topic = 'order.created' | 'order.confirmed' | 'order.cancelled';

interface Order {
  readonly id: string;
  readonly lines: readonly Line[];
  status: Status;
  since: number;
}

interface Message {
  readonly topic: Topic;
  readonly order: Order;
}

export interface SimulationOptions {
  readonly Store?: typeof MemoryStockStore;
  /** A planted defect: messages are acknowledged before they are handled. */
  readonly ackEarly?: boolean;
  /** More and longer-sleeping zombies. */
  readonly zombies?: boolean;
}

const LAST_STEP = 6000;
const AGES = { checkAfterMs: 3, pullAfterMs: 60 };
const HANDLER_DEADLINE = 50;

/**
 * The stock steps under a hostile scheduler: handlers are killed, put to sleep and interleaved at each store operation,
 * messages are repeated and reordered, customers cancel at any time. Orders and broker are as simple as can be.
 */
export class StockSimulation {
  private readonly scheduler: HostileScheduler<Message>;
  private readonly collections: MemoryCollections;
  private readonly orders: Order[] = [];
  private readonly replies: StockOrder[] = [];
  private readonly violations: string[] = [];

  constructor(
    seed: number,
    private readonly options: SimulationOptions = {},
  ) {
    const { ackEarly, zombies } = options;
    const faultSteps = zombies ? 900 : 400;
    this.scheduler = new HostileScheduler({ seed, faultSteps, longestNap: zombies ? 150 : 1, ackEarly });
    const products = Array.from({ length: 1 + this.scheduler.below(3) }, (_, index) => `p${index}`);
    this.collections = memoryCollections(Object.fromEntries(products.map((id) => [id, 1 + this.scheduler.below(6)])));
    for (let n = 2 + this.scheduler.below(8); n > 0; n--) this.placeOrder(`o${n}`, products);
  }

  /** What went wrong; empty when the run kept every promise. */
  async run(): Promise<string[]> {
    const { scheduler } = this;
    while (scheduler.stepNumber++ < LAST_STEP && this.violations.length === 0) {
      if (scheduler.below(3) === 0) scheduler.now++;
      if (!this.nemesis()) await this.progress();
      this.violations.push(...scheduler.failures, ...brokenAlways(this.collections));
      if (this.isQuiet()) break;
    }
    if (scheduler.stepNumber >= LAST_STEP) this.violations.push('it never came to rest');
    const confirmed = this.orders.filter(({ status }) => status === 'CONFIRMED').flatMap(({ lines }) => lines);
    this.violations.push(...this.unended(), ...brokenAtEnd(this.collections, confirmed));
    return this.violations;
  }

  private placeOrder(id: string, products: readonly string[]): void {
    const chosen = products.filter(() => this.scheduler.chance(0.6));
    const lines = (chosen.length > 0 ? chosen : ['p0']).map((productId) => ({
      productId,
      quantity: 1 + this.scheduler.below(3),
    }));
    const order: Order = { id, lines, status: 'PENDING', since: 0 };
    this.orders.push(order);
    this.scheduler.waiting.push({ topic: 'order.created', order });
  }

  private nemesis(): boolean {
    const { scheduler } = this;
    if (!scheduler.faulty) return false;
    const dice = scheduler.random();
    if (dice < 0.05) return scheduler.killOne();
    if (dice < (this.options.zombies ? 0.2 : 0.1)) return scheduler.loseConnection();
    if (dice < 0.13) return scheduler.repeatMessage();
    if (dice < 0.17) return this.cancelSomething();
    return false;
  }

  private cancelSomething(): boolean {
    const cancellable = this.orders.filter(({ status }) => ['PENDING', 'RESERVED', 'CONFIRMED'].includes(status));
    // Half of the cancellations are to meet the handler of the confirmation at its work.
    const sold = cancellable.filter(({ status, since }) => status === 'CONFIRMED' && this.scheduler.now - since < 10);
    const order = this.scheduler.pick(sold.length > 0 && this.scheduler.chance(0.5) ? sold : cancellable);
    if (order) this.move(order, 'CANCELLED', 'order.cancelled');
    return order !== undefined;
  }

  private async progress(): Promise<void> {
    const { scheduler } = this;
    // Like a prefetch: what is in hand comes first, or nothing would ever end.
    if (scheduler.liveCount > (scheduler.faulty ? 12 : 3)) return scheduler.letOneStep();
    const dice = scheduler.random();
    if (dice < 0.2) return this.consume();
    if (dice < 0.3) return this.takeReply();
    if (dice < 0.34) return this.spawn((store) => relayReplies(store, 0, (orders) => this.publish(orders)));
    if (dice < 0.36) return this.spawn((store) => sweepStock(store, AGES));
    if (dice < 0.42) return this.pay();
    if (dice < 0.46) return this.timeOut();
    await scheduler.letOneStep();
  }

  private consume(): void {
    const message = this.scheduler.takeMessage();
    if (!message) return;
    const { id, lines } = message.order;
    if (message.topic === 'order.created') this.spawn((store) => this.reserve(store, { id, lines }), message);
    else if (message.topic === 'order.cancelled') this.spawn((store) => releaseStock(store, { id, lines }), message);
    else this.spawn((store) => commitStock(store, id), message);
  }

  private async reserve(store: StockStore, order: { id: string; lines: readonly Line[] }): Promise<void> {
    const record = await reserveStock(store, order);
    await sendReply(store, record, (orders) => this.publish(orders));
  }

  private spawn(run: (store: StockStore) => Promise<unknown>, message?: Message): void {
    const Store = this.options.Store ?? MemoryStockStore;
    const work = (gate: Gate) => run(new Store(this.collections, gate, () => this.scheduler.now));
    this.scheduler.spawn(work, { message, endsWithin: HANDLER_DEADLINE });
  }

  private publish(orders: readonly StockOrder[]): Promise<string[]> {
    this.replies.push(...orders);
    return Promise.resolve(orders.map(({ id }) => id));
  }

  private takeReply(): void {
    const [record] = this.replies.splice(this.scheduler.below(this.replies.length), 1);
    const order = this.orders.find(({ id }) => id === record?.id);
    if (order?.status === 'PENDING')
      this.move(order, record?.reply?.type === 'stock.reserved' ? 'RESERVED' : 'REJECTED');
  }

  private pay(): void {
    const order = this.scheduler.pick(this.orders.filter(({ status }) => status === 'RESERVED'));
    if (!order) return;
    if (this.scheduler.chance(0.8)) this.move(order, 'CONFIRMED', 'order.confirmed');
    else this.move(order, 'CANCELLED', 'order.cancelled');
  }

  private timeOut(): void {
    for (const order of this.orders) {
      const limit = order.status === 'PENDING' ? 120 : order.status === 'RESERVED' ? 90 : Infinity;
      if (this.scheduler.now - order.since > limit) this.move(order, 'CANCELLED', 'order.cancelled');
    }
  }

  private move(order: Order, status: Status, topic?: Topic): void {
    Object.assign(order, { status, since: this.scheduler.now });
    if (topic) this.scheduler.waiting.push({ topic, order });
  }

  private isQuiet(): boolean {
    const { faulty, liveCount, waiting } = this.scheduler;
    if (faulty || liveCount + waiting.length + this.replies.length > 0) return false;
    if (this.unended().length > 0) return false;
    return isSettled(this.collections);
  }

  private unended(): string[] {
    const open = this.orders.filter(({ status }) => status === 'PENDING' || status === 'RESERVED');
    return open.map(({ id, status }) => `${id} never ended: ${status}`);
  }
}
