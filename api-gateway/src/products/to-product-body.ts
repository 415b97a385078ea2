import type { products } from '@shop/proto';
import { listBodyOf } from '../http/list-query';
import type { ReadyAnswer } from './answer-cache';
import { hashTag } from './http-cache';
import type { ProductBody } from './product-bodies';

/** Named field by field, so that a new field of the contract is not public by accident. */
export function toProductBody(product: products.Product, forAdmin: boolean): ProductBody {
  const { id, sku, name, description, price, category, tags, imageUrls, stock, createdAt, updatedAt } = product;
  const { available = 0, reserved = 0 } = stock ?? {};
  const { amount = 0, currency = '' } = price ?? {};
  return {
    ...{ id, sku, name, description, price: { amount, currency }, category, tags, imageUrls },
    stock: forAdmin ? { available, reserved } : { available },
    ...{ createdAt, updatedAt },
  };
}

/** Changes with every edit and every change of the stock. */
export function etagOf({ revision, stock }: products.Product): string {
  return `"${revision}.${stock?.version ?? 0}"`;
}

export function toDetailAnswer(product: products.Product, forAdmin: boolean): ReadyAnswer {
  return { bytes: Buffer.from(JSON.stringify(toProductBody(product, forAdmin))), etag: etagOf(product) };
}

export function toListAnswer({ items, page }: products.ListProductsResponse, forAdmin: boolean): ReadyAnswer {
  const body = listBodyOf(
    items.map((item) => toProductBody(item, forAdmin)),
    page,
  );
  const bytes = Buffer.from(JSON.stringify(body));
  return { bytes, etag: hashTag(bytes), page: page ?? undefined };
}
