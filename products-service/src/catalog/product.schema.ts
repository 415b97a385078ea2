import { Schema } from 'mongoose';

/** An event about the product that the broker has not confirmed yet; written together with the change it tells of. */
export interface PendingEvent {
  readonly id: string;
  readonly type: 'product.created' | 'product.updated' | 'product.archived';
  readonly time: string;
  readonly requestId?: string;
  readonly traceparent?: string;
}

/** A product as the catalogue keeps it. Its stock is another document, which no edit of the product can touch. */
export interface ProductDocument {
  readonly _id: string;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  /** In the smallest unit of the currency. */
  readonly price: number;
  readonly currency: string;
  readonly category: string;
  readonly tags: readonly string[];
  readonly imageUrls: readonly string[];
  readonly active: boolean;
  /** Grows with every edit. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** For sorting by name: without case and accents. */
  readonly nameKey: string;
  /** Every start of every word that the search knows. */
  readonly terms: readonly string[];
  /** Follows the stock within a second, for the filter of lists; of stock version `stockVersion`. */
  readonly inStock: boolean;
  readonly stockVersion: number;
  readonly pendingEvents: readonly PendingEvent[];
  readonly unpublished: boolean;
}

export const PRODUCT = 'Product';

const pendingEvent = new Schema<PendingEvent>(
  { id: String, type: String, time: String, requestId: String, traceparent: String },
  { _id: false, id: false },
);

export const productSchema = new Schema<ProductDocument>(
  {
    _id: String,
    sku: String,
    name: String,
    description: String,
    price: Number,
    currency: String,
    category: String,
    tags: [String],
    imageUrls: [String],
    active: Boolean,
    revision: Number,
    createdAt: Date,
    updatedAt: Date,
    nameKey: String,
    terms: [String],
    inStock: Boolean,
    stockVersion: Number,
    pendingEvents: [pendingEvent],
    unpublished: Boolean,
  },
  { collection: 'products', versionKey: false, id: false, strict: 'throw' },
);

productSchema.index({ sku: 1 }, { unique: true });
productSchema.index({ unpublished: 1 }, { partialFilterExpression: { unpublished: true } });
// Terms first: an index that begins with `active` and has an entry per term tempts planners to read lists through it.
productSchema.index({ terms: 1, active: 1 });
productSchema.index({ active: 1, createdAt: -1, _id: -1 });
productSchema.index({ active: 1, price: 1, _id: 1 });
productSchema.index({ active: 1, nameKey: 1, _id: 1 });
productSchema.index({ active: 1, category: 1, createdAt: -1, _id: -1 });
productSchema.index({ active: 1, category: 1, price: 1, _id: 1 });
productSchema.index({ active: 1, category: 1, nameKey: 1, _id: 1 });
