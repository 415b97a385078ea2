import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { cutPage, DomainError, offsetOf, type Page } from '@shop/service-kit';
import { type Model, type QueryFilter, trusted } from 'mongoose';
import { disagreeingLines } from './disagreeing-lines';
import { STOCK_ORDER, type StockOrderDocument } from './stock-order.schema';
import type { MarkedStock } from './stock-steps';
import { STOCK, type StockDocument } from './stock.schema';

type RecordedOrder = Pick<StockOrderDocument, '_id' | 'state' | 'lines'>;

export interface CheckedRecord extends RecordedOrder {
  /** Products whose marks of this order are not what the state wants. */
  readonly disagreeing: readonly string[];
}

type Levels = Pick<StockDocument, '_id' | 'available' | 'reserved' | 'sold' | 'adjusted' | 'marks'>;

interface Listed<T> {
  readonly items: T[];
  /** Empty on the last page. */
  readonly nextCursor: string;
}

/** What the stock has written down, for others to compare with; it is only read here. */
@Injectable()
export class StockBooksRepository {
  constructor(
    @InjectModel(STOCK) private readonly stock: Model<StockDocument>,
    @InjectModel(STOCK_ORDER) private readonly orders: Model<StockOrderDocument>,
  ) {}

  async recordsOf(orderIds: readonly string[]): Promise<CheckedRecord[]> {
    return this.checked(
      await this.orders.find({ _id: trusted({ $in: [...orderIds] }) }, { state: 1, lines: 1 }).lean(),
    );
  }

  async listRecords(page: Page): Promise<Listed<CheckedRecord>> {
    const rows = await this.orders
      .find(after<StockOrderDocument>(page), { state: 1, lines: 1 })
      .sort({ _id: 1 })
      .limit(page.limit + 1)
      .lean();
    const { shown, nextCursor } = cutPage(rows, page, ({ _id }) => [_id]);
    return { items: await this.checked(shown), nextCursor };
  }

  async listLevels(page: Page): Promise<Listed<Levels>> {
    const rows = await this.stock
      .find(after<StockDocument>(page), { available: 1, reserved: 1, sold: 1, adjusted: 1, marks: 1 })
      .sort({ _id: 1 })
      .limit(page.limit + 1)
      .lean();
    const { shown, nextCursor } = cutPage(rows, page, ({ _id }) => [_id]);
    return { items: shown, nextCursor };
  }

  // The marks are read after the records: what a handler has meanwhile done is a new state, and the caller looks again.
  private async checked(records: readonly RecordedOrder[]): Promise<CheckedRecord[]> {
    const productIds = new Set(records.flatMap(({ lines }) => lines.map(({ productId }) => productId)));
    const found = await this.stock.find({ _id: trusted({ $in: [...productIds] }) }, { marks: 1 }).lean();
    const marks = new Map<string, MarkedStock['marks']>(found.map((stock) => [stock._id, stock.marks]));
    return records.map((record) => ({
      ...record,
      disagreeing: disagreeingLines({ id: record._id, ...record }, marks),
    }));
  }
}

// In order of id, for which there is an index anyway; by page number nobody asks.
function after<T>(page: Page): QueryFilter<T> {
  if (offsetOf(page) > 0)
    throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'page', message: 'use the cursor' }] });
  return { _id: trusted({ $gt: page.cursor?.[0] ?? '' }) };
}
