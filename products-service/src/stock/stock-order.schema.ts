import { Schema } from 'mongoose';
import type { Line, OrderState, Reply, Shortage } from './stock-steps';

/** What the stock knows of one order: inbox, tombstone and outbox in one document. */
export interface StockOrderDocument {
  /** The order's id. */
  readonly _id: string;
  readonly state: OrderState;
  readonly lines: readonly Line[];
  readonly reply?: Reply;
  readonly pending: boolean;
  /** When the state last changed. */
  readonly at: Date;
}

export const STOCK_ORDER = 'StockOrder';

const line = new Schema<Line>({ productId: String, quantity: Number }, { _id: false, id: false });
const shortage = new Schema<Shortage>(
  { productId: String, requested: Number, available: Number },
  { _id: false, id: false },
);
const reply = new Schema<Reply>(
  { id: String, type: String, time: String, shortages: [shortage], requestId: String, traceparent: String },
  { _id: false, id: false },
);

export const stockOrderSchema = new Schema<StockOrderDocument>(
  { _id: String, state: String, lines: [line], reply, pending: Boolean, at: Date },
  { collection: 'stock_orders', versionKey: false, id: false, strict: 'throw' },
);

stockOrderSchema.index({ pending: 1, _id: 1 }, { partialFilterExpression: { pending: true } });
