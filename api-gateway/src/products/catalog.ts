import { Injectable } from '@nestjs/common';
import type { products } from '@shop/proto';
import { ProductsClient } from '../clients.module';
import type { ReadyAnswer } from './answer-cache';
import { CatalogCache } from './catalog-cache';
import { toDetailAnswer, toListAnswer } from './to-product-body';

/** Reads of the catalogue, as JSON in bytes. */
@Injectable()
export class Catalog {
  constructor(
    private readonly products: ProductsClient,
    private readonly cache: CatalogCache,
  ) {}

  detail(id: string, forAdmin: boolean): Promise<ReadyAnswer> {
    const load = async () => toDetailAnswer(await this.products.getProduct({ id }), forAdmin);
    return forAdmin ? load() : this.cache.details.get(id, load);
  }

  list(request: products.ListProductsRequest, forAdmin: boolean): Promise<ReadyAnswer> {
    const load = async () => toListAnswer(await this.products.listProducts(request), forAdmin);
    return forAdmin ? load() : this.cache.lists.get(JSON.stringify(request), load);
  }
}
