import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { products } from '@shop/proto';
import type { FastifyRequest } from 'fastify';
import { AuditTrail } from '../audit/audit-trail';
import { ProductsClient } from '../clients.module';
import { CatalogCache } from './catalog-cache';
import type { CreateProductDto, ReplaceProductDto } from './product-requests';

interface Adjustment {
  readonly productId: string;
  readonly delta: number;
  readonly reason: string;
  /** Empty when the client sent none. */
  readonly key: string;
}

/** What admins do to products: in the audit trail, and shown by this gateway at once. */
@Injectable()
export class EditCatalog {
  constructor(
    private readonly products: ProductsClient,
    private readonly cache: CatalogCache,
    private readonly trail: AuditTrail,
  ) {}

  async create({ stock, ...fields }: CreateProductDto, request: FastifyRequest): Promise<products.Product> {
    const wanted = { ...toFields(fields), available: stock?.available ?? 0 };
    const product = await this.changing('', () => this.products.createProduct(wanted));
    await this.trail.recordAdmin(request, { action: 'product.created', target: `product:${product.id}` });
    return product;
  }

  async replace(
    { id, ifRevision, body }: { id: string; ifRevision?: number; body: ReplaceProductDto },
    request: FastifyRequest,
  ): Promise<products.Product> {
    const wanted = { id, ...toFields(body), ifRevision };
    const product = await this.changing(id, () => this.products.updateProduct(wanted));
    await this.trail.recordAdmin(request, { action: 'product.updated', target: `product:${id}` });
    return product;
  }

  async adjustStock({ key, ...change }: Adjustment, request: FastifyRequest): Promise<products.Product> {
    const { productId, delta, reason } = change;
    // products-service tells apart equal keys of different admins and products.
    const adjustmentId = key || randomUUID();
    const product = await this.changing(productId, () => this.products.adjustStock({ ...change, adjustmentId }));
    const details = { delta: String(delta), reason };
    const target = `product:${productId}`;
    await this.trail.recordAdmin(request, { action: 'stock.adjusted', target, details, once: adjustmentId });
    return product;
  }

  async archive(id: string, request: FastifyRequest): Promise<void> {
    await this.changing(id, () => this.products.archiveProduct({ id }));
    await this.trail.recordAdmin(request, { action: 'product.archived', target: `product:${id}`, once: id });
  }

  // A write whose answer was lost may have happened.
  private async changing<T>(id: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } finally {
      this.cache.forget(id);
    }
  }
}

function toFields({ sku, name, description, price, category, tags = [], imageUrls = [] }: ReplaceProductDto) {
  return { sku, name, description, price, category, tags, imageUrls };
}
