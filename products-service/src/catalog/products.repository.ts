import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { cutPage, DomainError, offsetOf, type Page } from '@shop/service-kit';
import { type Model, type QueryFilter, trusted } from 'mongoose';
import { STOCK, type StockDocument } from '../stock/stock.schema';
import { PRODUCT, type ProductDocument } from './product.schema';
import { askedTerms } from './search-terms';

type StockLevel = Pick<StockDocument, '_id' | 'available' | 'reserved' | 'v'>;

type ShownProduct = Omit<ProductDocument, 'terms' | 'pendingEvents'>;

export interface ProductWithStock {
  readonly product: ShownProduct;
  readonly stock: StockLevel;
}

export interface ProductQuery {
  readonly search?: string;
  readonly category?: string;
  readonly minPrice?: number;
  readonly maxPrice?: number;
  readonly inStock?: boolean;
  readonly sort?: string;
}

interface Sort {
  readonly key: 'createdAt' | 'price' | 'nameKey';
  readonly direction: 1 | -1;
}

/** Each ends with the id, so that the order is total and a cursor never skips or repeats. */
export const SORTS: Readonly<Record<string, Sort>> = {
  '-createdAt': { key: 'createdAt', direction: -1 },
  createdAt: { key: 'createdAt', direction: 1 },
  price: { key: 'price', direction: 1 },
  '-price': { key: 'price', direction: -1 },
  name: { key: 'nameKey', direction: 1 },
  '-name': { key: 'nameKey', direction: -1 },
};

const DEFAULT_SORT = '-createdAt';
const NOT_SHOWN = { terms: 0, pendingEvents: 0 } as const;
const LEVEL = { available: 1, reserved: 1, v: 1 } as const;

export interface ProductList {
  readonly items: ProductWithStock[];
  /** Empty on the last page. */
  readonly nextCursor: string;
  readonly total?: number;
}

/** Reads of the catalogue. The stock of a page is one more query, never one per product. */
@Injectable()
export class ProductsRepository {
  constructor(
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    @InjectModel(STOCK) private readonly stock: Model<StockDocument>,
  ) {}

  /** @throws DomainError PRODUCT_NOT_FOUND, also for one that is archived. */
  async get(id: string): Promise<ProductWithStock> {
    const [found] = await this.getMany([id]);
    if (!found) throw new DomainError('PRODUCT_NOT_FOUND');
    return found;
  }

  /** Those on sale; others are left out. */
  async getMany(ids: readonly string[]): Promise<ProductWithStock[]> {
    const _id = trusted({ $in: [...new Set(ids)] });
    const [products, levels] = await Promise.all([
      this.products.find({ _id, active: true }, NOT_SHOWN).lean(),
      this.stock.find({ _id }, LEVEL).lean(),
    ]);
    return join(products, levels);
  }

  async list(query: ProductQuery, page: Page): Promise<ProductList> {
    const sortName = query.sort || DEFAULT_SORT;
    const { key, direction } = SORTS[sortName] ?? SORTS[DEFAULT_SORT]!;
    const filter = filterOf(query);
    const [rows, total] = await Promise.all([
      this.products
        .find({ ...filter, ...after(sortName, page.cursor) }, NOT_SHOWN)
        .sort({ [key]: direction, _id: direction })
        .skip(offsetOf(page))
        .limit(page.limit + 1)
        .lean(),
      page.page ? this.products.countDocuments(filter) : undefined,
    ]);
    const { shown, nextCursor } = cutPage(rows, page, (row) => [sortName, cursorValue(row[key]), row._id]);
    const levels = await this.stock.find({ _id: trusted({ $in: shown.map(({ _id }) => _id) }) }, LEVEL).lean();
    return { items: join(shown, levels), total, nextCursor };
  }
}

function filterOf({ search, category, minPrice, maxPrice, inStock }: ProductQuery): QueryFilter<ProductDocument> {
  const price = {
    ...(minPrice === undefined ? {} : { $gte: minPrice }),
    ...(maxPrice === undefined ? {} : { $lte: maxPrice }),
  };
  return {
    active: true,
    ...(search?.trim() ? { terms: wanted(askedTerms(search)) } : {}),
    ...(category ? { category } : {}),
    ...(Object.keys(price).length > 0 ? { price: trusted(price) } : {}),
    ...(inStock === undefined ? {} : { inStock }),
  };
}

// A search without a single letter finds nothing, rather than everything.
function wanted(terms: string[]): object {
  return trusted(terms.length > 0 ? { $all: terms } : { $in: [] });
}

function after(sortName: string, cursor: readonly string[] | undefined): QueryFilter<ProductDocument> {
  if (!cursor) return {};
  const [sort, text, id] = cursor;
  const { key, direction } = SORTS[sortName]!;
  const value = key === 'price' ? Number(text) : key === 'createdAt' ? new Date(Number(text)) : text;
  if (
    sort !== sortName ||
    id === undefined ||
    Number.isNaN(value) ||
    Number.isNaN(Number(value instanceof Date ? value : 0))
  ) {
    throw new DomainError('VALIDATION_FAILED', {
      fields: [{ field: 'cursor', message: 'cursor belongs to a list in another order' }],
    });
  }
  const beyond = (limit: unknown) => trusted(direction === 1 ? { $gt: limit } : { $lt: limit });
  return { $or: [{ [key]: beyond(value) }, { [key]: value, _id: beyond(id) }] } as QueryFilter<ProductDocument>;
}

function cursorValue(value: Date | number | string): string {
  return String(value instanceof Date ? value.getTime() : value);
}

function join(products: readonly ShownProduct[], levels: readonly StockLevel[]): ProductWithStock[] {
  const byId = new Map(levels.map((level) => [level._id, level]));
  // The stock is made before its product, so this default is for damaged data: nothing of it can be sold.
  return products.map((product) => ({
    product,
    stock: byId.get(product._id) ?? { _id: product._id, available: 0, reserved: 0, v: 0 },
  }));
}
