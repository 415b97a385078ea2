import { commitStock } from '../stock/commit-stock';
import { relayReplies, sendReplies } from '../stock/relay-replies';
import { releaseStock } from '../stock/release-stock';
import { reserveStock } from '../stock/reserve-stock';
import type { Line, StockOrder, StockStore } from '../stock/stock-steps';
import { sweepStock } from '../stock/sweep-stock';
import { InterleavedTask, randomOf } from './interleaving';
import { brokenAlways, brokenAtEnd, isSettled } from './stock-invariants';
import { type MemoryCollections, memoryCollections, MemoryStockStore } from './memory-stock-store';

type StoreMaker = (collections: MemoryCollections, gate: () => Promise<void>, clock: () => number) => StockStore;
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

interface Live {
  readonly task: InterleavedTask;
  readonly message?: Message;
  /** The broker has given its message to somebody else, but it does not know. */
  zombie: boolean;
  pausedUntil: number;
  readonly since: number;
}

export interface SimulationOptions {
  readonly makeStore?: StoreMaker;
  /** A planted defect: messages are acknowledged before they are handled. */
  readonly ackEarly?: boolean;
  /** More and longer-sleeping zombies. */
  readonly zombies?: boolean;
}

const LAST_STEP = 6000;
const AGES = { checkAfterMs: 3, pullAfterMs: 60 };
/** What the protocol asks of handlers: to be over long before the marks that bar them are forgotten. */
const HANDLER_DEADLINE = 50;

/**
 * The stock steps under a hostile scheduler: handlers are killed, put to sleep and interleaved at each store operation,
 * messages are repeated and reordered, customers cancel at any time. Orders and broker are as simple as can be.
 */
export class StockSimulation {
  private readonly random: () => number;
  private readonly collections: MemoryCollections;
  private readonly orders: Order[] = [];
  private queue: Message[] = [];
  private replies: StockOrder[] = [];
  private live: Live[] = [];
  private now = 0;
  private stepNumber = 0;
  private readonly faultsEnd: number;
  private readonly violations: string[] = [];

  constructor(
    seed: number,
    private readonly options: SimulationOptions = {},
  ) {
    this.random = randomOf(seed);
    this.faultsEnd = options.zombies ? 900 : 400;
    const products = Array.from({ length: 1 + this.below(3) }, (_, index) => `p${index}`);
    this.collections = memoryCollections(Object.fromEntries(products.map((id) => [id, 1 + this.below(6)])));
    for (let n = 2 + this.below(8); n > 0; n--) this.placeOrder(`o${n}`, products);
  }

  /** What went wrong; empty when the run kept every promise. */
  async run(): Promise<string[]> {
    while (this.stepNumber++ < LAST_STEP && this.violations.length === 0) {
      if (this.below(3) === 0) this.now++;
      if (!this.nemesis()) await this.progress();
      this.violations.push(...brokenAlways(this.collections));
      if (this.isQuiet()) break;
    }
    if (this.stepNumber >= LAST_STEP) this.violations.push('it never came to rest');
    const confirmed = this.orders.filter(({ status }) => status === 'CONFIRMED').flatMap(({ lines }) => lines);
    this.violations.push(...this.unended(), ...brokenAtEnd(this.collections, confirmed));
    return this.violations;
  }

  private placeOrder(id: string, products: readonly string[]): void {
    const chosen = products.filter(() => this.random() < 0.6);
    const lines = (chosen.length > 0 ? chosen : ['p0']).map((productId) => ({
      productId,
      quantity: 1 + this.below(3),
    }));
    const order: Order = { id, lines, status: 'PENDING', since: 0 };
    this.orders.push(order);
    this.queue.push({ topic: 'order.created', order });
  }

  private nemesis(): boolean {
    if (this.stepNumber >= this.faultsEnd) return false;
    const dice = this.random();
    const wild = this.options.zombies;
    if (dice < 0.05) return this.kill(this.pick(this.live));
    if (dice < (wild ? 0.2 : 0.1)) return this.loseConnection();
    if (dice < 0.13) return this.repeatMessage();
    if (dice < 0.16) return this.cancelSomething();
    return false;
  }

  private kill(victim: Live | undefined): boolean {
    this.live = this.live.filter((other) => other !== victim);
    if (victim?.message && !victim.zombie && !this.options.ackEarly) this.queue.push(victim.message);
    return victim !== undefined;
  }

  private loseConnection(): boolean {
    const victim = this.pick(this.live.filter(({ message, zombie }) => message && !zombie));
    if (!victim?.message) return false;
    victim.zombie = true;
    victim.pausedUntil = this.options.zombies ? this.stepNumber + this.below(150) : 0;
    this.queue.push(victim.message);
    return true;
  }

  private repeatMessage(): boolean {
    const message = this.pick(this.queue);
    if (message) this.queue.push(message);
    return message !== undefined;
  }

  private cancelSomething(): boolean {
    const order = this.pick(this.orders.filter(({ status }) => ['PENDING', 'RESERVED', 'CONFIRMED'].includes(status)));
    if (order) this.move(order, 'CANCELLED', 'order.cancelled');
    return order !== undefined;
  }

  private async progress(): Promise<void> {
    // Like a prefetch: what is in hand comes first, or nothing would ever end.
    if (this.live.length > (this.stepNumber < this.faultsEnd ? 12 : 3)) return this.letOneStep();
    const dice = this.random();
    if (dice < 0.2) return this.consume();
    if (dice < 0.3) return this.takeReply();
    if (dice < 0.34) return this.spawn((store) => relayReplies(store, 0, (orders) => this.publish(orders)));
    if (dice < 0.36) return this.spawn((store) => sweepStock(store, AGES));
    if (dice < 0.42) return this.pay();
    if (dice < 0.46) return this.timeOut();
    await this.letOneStep();
  }

  private consume(): void {
    const [message] = this.queue.splice(this.below(this.queue.length), 1);
    if (!message) return;
    const { id, lines } = message.order;
    if (message.topic === 'order.created') this.spawn((store) => this.reserve(store, { id, lines }), message);
    else if (message.topic === 'order.cancelled') this.spawn((store) => releaseStock(store, { id, lines }), message);
    else this.spawn((store) => commitStock(store, id), message);
  }

  private async reserve(store: StockStore, order: { id: string; lines: readonly Line[] }): Promise<void> {
    const record = await reserveStock(store, order);
    await sendReplies(store, [record], (orders) => this.publish(orders));
  }

  private spawn(run: (store: StockStore) => Promise<unknown>, message?: Message): void {
    const make: StoreMaker = this.options.makeStore ?? ((...args) => new MemoryStockStore(...args));
    const task = new InterleavedTask((gate) => run(make(this.collections, gate, () => this.now)));
    this.live.push({ task, message, zombie: false, pausedUntil: 0, since: this.now });
  }

  private publish(orders: readonly StockOrder[]): Promise<string[]> {
    this.replies.push(...orders);
    return Promise.resolve(orders.map(({ id }) => id));
  }

  private takeReply(): void {
    const [record] = this.replies.splice(this.below(this.replies.length), 1);
    const order = this.orders.find(({ id }) => id === record?.id);
    if (order?.status === 'PENDING')
      this.move(order, record?.reply?.type === 'stock.reserved' ? 'RESERVED' : 'REJECTED');
  }

  private pay(): void {
    const order = this.pick(this.orders.filter(({ status }) => status === 'RESERVED'));
    if (!order) return;
    if (this.random() < 0.8) this.move(order, 'CONFIRMED', 'order.confirmed');
    else this.move(order, 'CANCELLED', 'order.cancelled');
  }

  private timeOut(): void {
    for (const order of this.orders) {
      const limit = order.status === 'PENDING' ? 120 : order.status === 'RESERVED' ? 90 : Infinity;
      if (this.now - order.since > limit) this.move(order, 'CANCELLED', 'order.cancelled');
    }
  }

  private move(order: Order, status: Status, topic?: Topic): void {
    Object.assign(order, { status, since: this.now });
    if (topic) this.queue.push({ topic, order });
  }

  private async letOneStep(): Promise<void> {
    const one = this.pick(this.live.filter(({ pausedUntil }) => pausedUntil <= this.stepNumber));
    if (one && this.now - one.since > HANDLER_DEADLINE) this.kill(one);
    else if (one) await this.letStep(one);
  }

  private async letStep(one: Live): Promise<void> {
    if (!(await one.task.step())) return;
    this.live = this.live.filter((other) => other !== one);
    if (one.task.error) this.violations.push(`handler failed: ${one.task.error.message}`);
  }

  private isQuiet(): boolean {
    if (this.stepNumber < this.faultsEnd || this.live.length + this.queue.length + this.replies.length > 0)
      return false;
    if (this.unended().length > 0) return false;
    return isSettled(this.collections);
  }

  private unended(): string[] {
    const open = this.orders.filter(({ status }) => status === 'PENDING' || status === 'RESERVED');
    return open.map(({ id, status }) => `${id} never ended: ${status}`);
  }

  private below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  private pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }
}
