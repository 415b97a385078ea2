import { Schema } from 'mongoose';
import type { Mark } from './stock-steps';

interface Adjustment {
  readonly id: string;
  readonly delta: number;
  readonly reason: string;
  readonly at: Date;
}

/** The units of one product. Always: available + reserved + sold = adjusted. */
export interface StockDocument {
  /** The product's id. */
  readonly _id: string;
  readonly available: number;
  readonly reserved: number;
  readonly sold: number;
  /** The sum of all adjustments. */
  readonly adjusted: number;
  /** Grows with every change of the units. */
  readonly v: number;
  /** This version has not been published yet. */
  readonly dirty: boolean;
  /** There are marks for the sweeper to look at. */
  readonly marked: boolean;
  readonly marks: readonly Mark[];
  /** Those of a day, so that a repeated adjustment is known. */
  readonly adjustments: readonly Adjustment[];
}

export const STOCK = 'Stock';

const mark = new Schema<Mark>({ o: String, n: Number, st: String, at: Date }, { _id: false, id: false });
const adjustment = new Schema<Adjustment>(
  { id: String, delta: Number, reason: String, at: Date },
  { _id: false, id: false },
);

export const stockSchema = new Schema<StockDocument>(
  {
    _id: String,
    available: Number,
    reserved: Number,
    sold: Number,
    adjusted: Number,
    v: Number,
    dirty: Boolean,
    marked: Boolean,
    marks: [mark],
    adjustments: [adjustment],
  },
  { collection: 'stock', versionKey: false, id: false, strict: 'throw' },
);

stockSchema.index({ dirty: 1, _id: 1 }, { partialFilterExpression: { dirty: true } });
stockSchema.index({ marked: 1, _id: 1 }, { partialFilterExpression: { marked: true } });

/** The units a product begins with. */
export function newStock(productId: string, units: number): StockDocument {
  return {
    _id: productId,
    available: units,
    reserved: 0,
    sold: 0,
    adjusted: units,
    v: 1,
    dirty: false,
    marked: false,
    marks: [],
    adjustments: [],
  };
}
