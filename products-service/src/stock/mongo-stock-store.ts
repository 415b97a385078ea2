import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { type Model, trusted } from 'mongoose';
import { STOCK_ORDER, type StockOrderDocument } from './stock-order.schema';
import { STOCK, type StockDocument } from './stock.schema';
import { countStockMove } from './stock-metrics';
import {
  lineStep,
  type Line,
  type LineStepName,
  type LineStepOf,
  type MarkedStock,
  ORDER_MOVES,
  type OrderMove,
  type OrderStanding,
  type Reply,
  type SeenLine,
  type StockOrder,
  type StockStore,
} from './stock-steps';

/** The steps on MongoDB. Each is one update of one document: there is no transaction, and none is needed. */
@Injectable()
export class MongoStockStore implements StockStore {
  constructor(
    @InjectModel(STOCK) private readonly stock: Model<StockDocument>,
    @InjectModel(STOCK_ORDER) private readonly orders: Model<StockOrderDocument>,
  ) {}

  now(): Date {
    return new Date();
  }

  // updateOne and a read, not findAndModify: the guards are in the update, and its answer says who came first.
  async openOrder(order: { id: string; lines: readonly Line[] }, state: 'RESERVING' | 'RELEASED'): Promise<StockOrder> {
    const fresh = { state, lines: order.lines, pending: false, at: this.now() };
    const { upsertedCount } = await this.orders
      .updateOne({ _id: order.id }, { $setOnInsert: fresh }, { upsert: true })
      .catch((error: unknown) => ignoreDuplicate(error));
    if (upsertedCount === 1) return { id: order.id, ...fresh };
    const known = await this.findOrder(order.id);
    if (!known) throw new Error(`the stock record of order ${order.id} was neither found nor made`);
    return known;
  }

  async findOrder(orderId: string): Promise<StockOrder | undefined> {
    const record = await this.orders.findById(orderId).lean();
    return record ? toStockOrder(record) : undefined;
  }

  async standingOf(orderIds: readonly string[]): Promise<ReadonlyMap<string, OrderStanding>> {
    const found = await this.orders.find({ _id: trusted({ $in: [...orderIds] }) }, { state: 1, at: 1 }).lean();
    return new Map(found.map(({ _id, state, at }) => [_id, { state, at }]));
  }

  async moveOrder(orderId: string, to: OrderMove, reply?: Reply): Promise<boolean> {
    const { modifiedCount } = await this.orders.updateOne(
      { _id: orderId, state: trusted({ $in: [...ORDER_MOVES[to]] }) },
      { $set: { state: to, at: this.now(), ...(reply ? { reply, pending: true } : {}) } },
    );
    if (modifiedCount === 1) countStockMove(to, reply);
    return modifiedCount === 1;
  }

  async repeatReply(orderId: string): Promise<void> {
    await this.orders.updateOne({ _id: orderId, reply: trusted({ $exists: true }) }, { $set: { pending: true } });
  }

  async pendingReplies(page: { before: Date; after: string; limit: number }): Promise<StockOrder[]> {
    const { before, after, limit } = page;
    const due = await this.orders
      .find({ pending: true, _id: trusted({ $gt: after }), at: trusted({ $lte: before }) })
      .sort({ _id: 1 })
      .limit(limit)
      .lean();
    return due.map((record) => toStockOrder(record));
  }

  async replySent(orderId: string): Promise<void> {
    await this.orders.updateOne({ _id: orderId, pending: true }, { $set: { pending: false } });
  }

  async step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    const { filter, update } = this.updateOf(name, orderId, line);
    const { modifiedCount } = await this.stock.updateOne(filter, update);
    return modifiedCount === 1;
  }

  // One round trip, and one wait for the disk, however many lines the order has.
  async steps(orderId: string, steps: readonly LineStepOf[]): Promise<void> {
    await this.stock.bulkWrite(steps.map(([name, line]) => ({ updateOne: this.updateOf(name, orderId, line) })));
  }

  async readLine(productId: string, orderId: string): Promise<SeenLine> {
    const stock = await this.stock.findById(productId, { available: 1, marks: 1 }).lean();
    const own = stock?.marks.filter(({ o }) => o === orderId) ?? [];
    return { available: stock?.available ?? 0, marks: own.map(({ st }) => st) };
  }

  async markedStock(after: string, limit: number): Promise<MarkedStock[]> {
    const page = await this.stock
      .find({ marked: true, _id: trusted({ $gt: after }) }, { marks: 1 })
      .sort({ _id: 1 })
      .limit(limit)
      .lean();
    return page.map(({ _id, marks }) => ({ productId: _id, marks }));
  }

  async pullMarks(productId: string, orderIds: readonly string[], before: Date): Promise<void> {
    const closed = { o: { $in: [...orderIds] }, st: { $in: ['C', 'X'] }, at: { $lt: before } };
    await this.stock.updateOne({ _id: productId }, { $pull: { marks: closed } });
    await this.stock.updateOne({ _id: productId, marks: trusted({ $size: 0 }) }, { $set: { marked: false } });
  }

  private updateOf(name: LineStepName, orderId: string, { productId, quantity: n }: Line) {
    const { from, barredBy, to, available, reserved, sold } = lineStep(name);
    const at = this.now();
    return {
      filter: {
        _id: productId,
        ...(available < 0 ? { available: trusted({ $gte: n }) } : {}),
        ...(from ? { marks: trusted({ $elemMatch: { o: orderId, st: from, n } }) } : {}),
        ...(barredBy === 'any' ? { 'marks.o': trusted({ $ne: orderId }) } : {}),
        ...(barredBy === 'X' ? { marks: trusted({ $not: { $elemMatch: { o: orderId, st: 'X' } } }) } : {}),
      },
      update: {
        $inc: { available: available * n, reserved: reserved * n, sold: sold * n, v: 1 },
        $set: { dirty: true, marked: true, ...(from ? { 'marks.$.st': to, 'marks.$.at': at } : {}) },
        ...(from ? {} : { $push: { marks: { o: orderId, n, st: to, at } } }),
      },
    };
  }
}

function toStockOrder({ _id, state, lines, reply, pending, at }: StockOrderDocument): StockOrder {
  return { id: _id, state, lines, reply, pending, at };
}

// Two upserts of one id at once: the server may refuse the second instead of finding the first.
function ignoreDuplicate(error: unknown): { upsertedCount: number } {
  if ((error as { code?: unknown }).code !== 11000) throw error;
  return { upsertedCount: 0 };
}
