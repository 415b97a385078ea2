import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectModel } from '@nestjs/mongoose';
import { DomainError, requireAdmin } from '@shop/service-kit';
import type { Model } from 'mongoose';
import { ProductsConfig } from '../config';
import { newStock, STOCK, type StockDocument } from '../stock/stock.schema';
import { pendingEvent } from './pending-event';
import { editedFields } from './edited-fields';
import type { CreateProductDto } from './product.dto';
import { PRODUCT, type ProductDocument } from './product.schema';
import { PublishProductEvents } from './publish-product-events';

@Injectable()
export class CreateProduct {
  constructor(
    @InjectModel(PRODUCT) private readonly products: Model<ProductDocument>,
    @InjectModel(STOCK) private readonly stock: Model<StockDocument>,
    private readonly events: PublishProductEvents,
    private readonly config: ProductsConfig,
  ) {}

  /** @throws DomainError SKU_TAKEN, also when an archived product has it. */
  async execute(request: CreateProductDto): Promise<string> {
    requireAdmin();
    const product = newProduct(randomUUID(), request, this.config.CURRENCY);
    // First the stock: a product is never seen without it. One without a product is seen by nobody.
    await this.stock.create(newStock(product._id, request.available));
    try {
      await this.products.create(product);
    } catch (error) {
      if (!isDuplicateSku(error)) throw error;
      await this.stock.deleteOne({ _id: product._id });
      throw new DomainError('SKU_TAKEN', { cause: error });
    }
    await this.events.publish(product._id);
    return product._id;
  }
}

export function newProduct(id: string, request: CreateProductDto, currency: string): ProductDocument {
  const now = new Date();
  return {
    _id: id,
    ...editedFields(request, currency),
    active: true,
    revision: 1,
    createdAt: now,
    updatedAt: now,
    inStock: request.available > 0,
    stockVersion: 1,
    pendingEvents: [pendingEvent('product.created', now)],
    unpublished: true,
  };
}

export function isDuplicateSku(error: unknown): boolean {
  return (error as { code?: unknown }).code === 11000;
}
