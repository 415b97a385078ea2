import type { Line, LineStepName, OrderMove, Reply, StockOrder } from '../stock/stock-steps';
import { MemoryStockStore } from './memory-stock-store';

/** Stores with the defects that others ship: a simulation that does not find them proves nothing. */

export class ChecksThenActs extends MemoryStockStore {
  override async step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    if (name !== 'reserve') return super.step(name, orderId, line);
    const { available, marks } = await this.readLine(line.productId, orderId);
    if (available < line.quantity || marks.length > 0) return false;
    await this.gate();
    const stock = this.collections.stock.get(line.productId)!;
    stock.available = available - line.quantity;
    stock.reserved += line.quantity;
    stock.marks = [...stock.marks, { o: orderId, n: line.quantity, st: 'R', at: this.now() }];
    return true;
  }
}

export class ReopensReleased extends MemoryStockStore {
  override async openOrder(
    order: { id: string; lines: readonly Line[] },
    state: 'RESERVING' | 'RELEASED',
  ): Promise<StockOrder> {
    const record = await super.openOrder(order, state);
    if (record.state !== 'RELEASED' || state !== 'RESERVING') return record;
    const reopened = { ...record, state };
    this.collections.orders.set(order.id, reopened);
    return reopened;
  }
}

export class ForgetsMarks extends MemoryStockStore {
  override async step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    const made = await super.step(name, orderId, line);
    const stock = this.collections.stock.get(line.productId)!;
    stock.marks = stock.marks.filter(({ st }) => st !== 'X');
    return made;
  }
}

export class MovesBlindly extends MemoryStockStore {
  override async moveOrder(orderId: string, to: OrderMove, reply?: Reply): Promise<boolean> {
    const moved = await super.moveOrder(orderId, to, reply);
    const record = this.collections.orders.get(orderId);
    if (moved || !record || to !== 'COMMITTED') return moved;
    this.collections.orders.set(orderId, { ...record, state: to });
    return true;
  }
}

export class ReleasesOnlyReserved extends MemoryStockStore {
  override step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    return name === 'unsell' ? Promise.resolve(false) : super.step(name, orderId, line);
  }
}

export class RestocksOnlyMarked extends MemoryStockStore {
  override step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    return name === 'restock' ? Promise.resolve(false) : super.step(name, orderId, line);
  }
}
