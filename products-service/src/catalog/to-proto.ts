import type { products } from '@shop/proto';
import type { ProductWithStock } from './products.repository';

/** A product as the contract has it. */
export function toProto({ product, stock }: ProductWithStock): products.Product {
  return {
    id: product._id,
    sku: product.sku,
    name: product.name,
    description: product.description,
    price: { amount: product.price, currency: product.currency },
    category: product.category,
    tags: [...product.tags],
    imageUrls: [...product.imageUrls],
    stock: { available: stock.available, reserved: stock.reserved, version: stock.v },
    revision: product.revision,
    createdAt: product.createdAt.toISOString(),
    updatedAt: product.updatedAt.toISOString(),
  };
}
