import { Injectable } from '@nestjs/common';
import type { EventOf } from '@shop/service-kit';
import { CatalogCache } from './catalog-cache';

/** So that what was changed through another gateway, or by a sale, is shown here at once too. */
@Injectable()
export class ForgetProductWhenChanged {
  constructor(private readonly cache: CatalogCache) {}

  handle({
    type,
    data,
  }: EventOf<'product.created' | 'product.updated' | 'product.archived' | 'product.stock_updated'>): void {
    if (type === 'product.stock_updated') this.cache.forgetStock(data.productId);
    else this.cache.forget(data.productId);
  }
}
