import {
  lineStep,
  type Line,
  type LineStepName,
  type LineStepOf,
  type Mark,
  type MarkedStock,
  ORDER_MOVES,
  type OrderMove,
  type OrderStanding,
  type OrderState,
  type Reply,
  type SeenLine,
  type StockOrder,
  type StockStore,
} from '../stock/stock-steps';

export interface MemoryStock {
  available: number;
  reserved: number;
  sold: number;
  adjusted: number;
  v: number;
  marks: Mark[];
}

/** What all handlers of a simulation share, as MongoDB's collections are shared by all processes. */
export interface MemoryCollections {
  readonly stock: Map<string, MemoryStock>;
  readonly orders: Map<string, StockOrder>;
}

export function memoryCollections(stock: Readonly<Record<string, number>>): MemoryCollections {
  const entries = Object.entries(stock).map(([id, units]): [string, MemoryStock] => [
    id,
    { available: units, reserved: 0, sold: 0, adjusted: units, v: 1, marks: [] },
  ]);
  return { stock: new Map(entries), orders: new Map() };
}

/**
 * The simulation's store: each operation waits at `gate` (where the simulation interleaves, pauses or kills its caller) and
 * then happens at once, as a single-document update does.
 */
export class MemoryStockStore implements StockStore {
  constructor(
    protected readonly collections: MemoryCollections,
    protected readonly gate: () => Promise<void>,
    private readonly clock: () => number,
  ) {}

  now(): Date {
    return new Date(this.clock());
  }

  async openOrder(order: { id: string; lines: readonly Line[] }, state: 'RESERVING' | 'RELEASED'): Promise<StockOrder> {
    await this.gate();
    const { orders } = this.collections;
    const known = orders.get(order.id);
    if (known) return known;
    const record = { id: order.id, state, lines: order.lines, pending: false, at: this.now() };
    orders.set(order.id, record);
    return record;
  }

  async findOrder(orderId: string): Promise<StockOrder | undefined> {
    await this.gate();
    return this.collections.orders.get(orderId);
  }

  async standingOf(orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStanding>> {
    await this.gate();
    const found = orderIds.flatMap((id) => this.collections.orders.get(id) ?? []);
    return new Map(found.map((order) => [order.id, order]));
  }

  async moveOrder(orderId: string, to: OrderMove, reply?: Reply): Promise<boolean> {
    await this.gate();
    const record = this.collections.orders.get(orderId);
    if (!record || !(ORDER_MOVES[to] as readonly OrderState[]).includes(record.state)) return false;
    const moved = { ...record, state: to, at: this.now(), ...(reply ? { reply, pending: true } : {}) };
    this.collections.orders.set(orderId, moved);
    return true;
  }

  async repeatReply(orderId: string): Promise<void> {
    await this.gate();
    const record = this.collections.orders.get(orderId);
    if (record?.reply) this.collections.orders.set(orderId, { ...record, pending: true });
  }

  async pendingReplies(page: { before: Date; after: string; limit: number }): Promise<StockOrder[]> {
    await this.gate();
    const due = [...this.collections.orders.values()].filter(
      ({ id, pending, at }) => pending && at <= page.before && id > page.after,
    );
    return due.sort((a, b) => (a.id < b.id ? -1 : 1)).slice(0, page.limit);
  }

  async replySent(orderId: string): Promise<void> {
    await this.gate();
    const record = this.collections.orders.get(orderId);
    if (record) this.collections.orders.set(orderId, { ...record, pending: false });
  }

  async step(name: LineStepName, orderId: string, { productId, quantity: n }: Line): Promise<boolean> {
    await this.gate();
    const stock = this.collections.stock.get(productId);
    if (!stock) return false;
    const { from, barredBy, to, available, reserved, sold } = lineStep(name);
    const own = stock.marks.filter(({ o }) => o === orderId);
    const old = own.find(({ st, n: quantity }) => st === from && quantity === n);
    if (from && !old) return false;
    if (own.some(({ st }) => barredBy === 'any' || barredBy === st)) return false;
    if (available < 0 && stock.available < n) return false;
    stock.available += available * n;
    stock.reserved += reserved * n;
    stock.sold += sold * n;
    stock.v += 1;
    stock.marks = [...stock.marks.filter((mark) => mark !== old), { o: orderId, n, st: to, at: this.now() }];
    return true;
  }

  async steps(orderId: string, steps: readonly LineStepOf[]): Promise<void> {
    for (const [name, line] of steps) await this.step(name, orderId, line);
  }

  async readLine(productId: string, orderId: string): Promise<SeenLine> {
    await this.gate();
    const stock = this.collections.stock.get(productId);
    const own = stock?.marks.filter(({ o }) => o === orderId) ?? [];
    return { available: stock?.available ?? 0, marks: own.map(({ st }) => st) };
  }

  async markedStock(after: string, limit: number): Promise<MarkedStock[]> {
    await this.gate();
    const marked = [...this.collections.stock].filter(([id, { marks }]) => id > after && marks.length > 0);
    marked.sort(([a], [b]) => (a < b ? -1 : 1));
    return marked.slice(0, limit).map(([productId, { marks }]) => ({ productId, marks }));
  }

  async pullMarks(productId: string, orderIds: readonly string[], before: Date): Promise<void> {
    await this.gate();
    const stock = this.collections.stock.get(productId);
    if (!stock) return;
    stock.marks = stock.marks.filter(({ o, st, at }) => !(orderIds.includes(o) && st !== 'R' && at < before));
  }
}
