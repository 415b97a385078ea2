import { Injectable } from '@nestjs/common';
import { OrdersConfig } from '../config';
import { ProductsClient, type StockRecord } from '../products/products.client';
import { type ComparedOrder, ComparedOrders } from './compared-orders.repository';
import type { Drift } from './drift';
import { type Ledger, LedgerDrift } from './ledger-drift';
import { levelDriftsOf } from './levels-drift';
import { moneyDriftsOf } from './money-drift';
import { SoldUnits } from './sold-units';
import { holdsGoods, stockDriftsOf } from './stock-drift';

const PAGE = 100;
// The provider's clock is another one.
const CLOCKS_DIFFER_MS = 3_600_000;

export interface Scope {
  /** Orders and payments that moved after this; undefined: all there are, and all that stock knows of. */
  readonly since?: Date;
  /** Orders to be looked at in any case. */
  readonly watched: readonly string[];
}

export interface Findings {
  readonly drifts: Drift[];
  /** The orders that were compared. */
  readonly orders: Set<string>;
  readonly payments: Set<string>;
  readonly products: number;
  /** What changed later is for the next time. */
  readonly until: Date;
}

interface Look extends Findings {
  readonly ledger: Ledger;
  readonly since: Date;
}

/** Compares orders with stock and money. It changes nothing, and what is still under way is not compared. */
@Injectable()
export class Reconcile {
  constructor(
    private readonly config: OrdersConfig,
    private readonly orders: ComparedOrders,
    private readonly products: ProductsClient,
    private readonly ledger: LedgerDrift,
  ) {}

  async execute({ since, watched }: Scope): Promise<Findings> {
    const until = new Date((await this.orders.now()).getTime() - this.config.RECONCILE_AFTER);
    const levels = await this.compareLevels();
    const from = since ?? new Date(0);
    const ledger = await this.ledger.look(new Date(Math.max(0, from.getTime() - CLOCKS_DIFFER_MS)), until);
    const look: Look = {
      ...{ since: from, until, ledger, payments: new Set(ledger.keys), products: levels.sold.size },
      ...{ orders: new Set(), drifts: [...levels.drifts, ...ledger.drifts] },
    };
    if (since) for await (const page of this.orders.changedBetween(since, until)) await this.compare(page, look);
    else await this.compareAll(look, levels.sold);
    const overdue = await this.orders.overdue(this.overdueAt(until));
    await this.compareNamed([...watched, ...levels.holders, ...overdue], look);
    return look;
  }

  private async compareLevels() {
    const drifts: Drift[] = [];
    const holders = new Set<string>();
    const sold = new Map<string, number>();
    for await (const page of this.products.allLevels()) {
      for (const levels of page) {
        drifts.push(...levelDriftsOf(levels));
        sold.set(levels.productId, levels.sold);
      }
      const held = page.flatMap(({ productId, reservedFor }) =>
        reservedFor.map(({ orderId }) => ({ productId, orderId })),
      );
      for (const { orderId } of held) holders.add(orderId);
      drifts.push(...(await this.heldForNobody(held)));
    }
    return { drifts, holders, sold };
  }

  private async heldForNobody(held: readonly { productId: string; orderId: string }[]): Promise<Drift[]> {
    const known = new Set<string>();
    for (const ids of chunks([...new Set(held.map(({ orderId }) => orderId))])) {
      const records = await this.products.recordsOf(ids);
      for (const { id } of await this.orders.withIds(ids)) if (records.has(id)) known.add(id);
    }
    const lost = held.filter(({ orderId }) => !known.has(orderId));
    return lost.map(({ productId, orderId }) => ({
      ...{ of: 'product' as const, id: productId, kind: 'reserved-for-nobody' as const, detail: `order ${orderId}` },
    }));
  }

  private async compareAll(look: Look, soldOf: ReadonlyMap<string, number>): Promise<void> {
    const bought = new SoldUnits();
    for await (const page of this.orders.all()) {
      for (const order of page) bought.add(order, order.changedAt <= look.until);
      await this.compare(page, look);
    }
    look.drifts.push(...bought.drifts(soldOf));
    for await (const page of this.products.allRecords()) await this.withoutOrder(page, look);
  }

  private async compareNamed(ids: readonly string[], look: Look): Promise<void> {
    for (const some of chunks([...new Set(ids)].filter((id) => !look.orders.has(id)))) {
      await this.compare(await this.orders.withIds(some), look);
      await this.withoutOrder([...(await this.products.recordsOf(some)).values()], look);
      for (const id of some) look.orders.add(id);
    }
  }

  private async withoutOrder(records: readonly StockRecord[], { drifts }: Look): Promise<void> {
    const holding = records.filter(({ state }) => holdsGoods(state));
    const existing = new Set((await this.orders.withIds(holding.map(({ orderId }) => orderId))).map(({ id }) => id));
    for (const { orderId: id, state } of holding)
      if (!existing.has(id)) drifts.push({ of: 'order', id, kind: 'record-of-nobody', detail: `stock: ${state}` });
  }

  private async compare(page: readonly ComparedOrder[], look: Look): Promise<void> {
    const settled = page.filter(({ changedAt, isUnsent }) => changedAt <= look.until && !isUnsent);
    const records = await this.products.recordsOf(settled.map(({ id }) => id));
    const found: { order: ComparedOrder; drifts: Drift[] }[] = [];
    for (const order of settled) {
      look.orders.add(order.id);
      const missing = await this.ledger.missing(order, look.ledger, look.since);
      const drifts = [...stockDriftsOf(order, records.get(order.id)), ...moneyDriftsOf(order), ...missing];
      found.push({ order, drifts: [...drifts, ...this.lateOf(order, look.until)] });
    }
    look.drifts.push(...(await this.stillSo(found.filter(({ drifts }) => drifts.length > 0))));
  }

  // An order that has moved between one look and the other is under way: what was found says nothing.
  private async stillSo(found: readonly { order: ComparedOrder; drifts: Drift[] }[]): Promise<Drift[]> {
    if (found.length === 0) return [];
    const now = new Map(
      (await this.orders.withIds(found.map(({ order }) => order.id))).map((order) => [order.id, order]),
    );
    const standing = found.filter(({ order }) => now.get(order.id)?.version === order.version);
    return standing.flatMap(({ drifts }) => drifts);
  }

  private lateOf({ id, status, changedAt, refunds }: ComparedOrder, until: Date): Drift[] {
    const isOpen = status === 'PENDING' || status === 'RESERVED' || status === 'PAYING';
    const isOwed = refunds.some(({ doneAt }) => doneAt === null);
    if ((!isOpen && !isOwed) || changedAt > this.overdueAt(until)) return [];
    const detail = `${status} since ${changedAt.toISOString()}`;
    return [{ of: 'order', id, kind: isOpen ? 'order-stuck' : 'refund-unpaid', detail }];
  }

  private overdueAt(until: Date): Date {
    return new Date(until.getTime() - this.config.overdueAfterMs);
  }
}

function* chunks(ids: readonly string[]): Iterable<string[]> {
  for (let start = 0; start < ids.length; start += PAGE) yield ids.slice(start, start + PAGE);
}
