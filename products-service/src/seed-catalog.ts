import { createHash } from 'node:crypto';
import { loadConfig, runCommand } from '@shop/service-kit';
import type { Connection } from 'mongoose';
import { isDuplicateSku, newProduct } from './catalog/create-product';
import { PRODUCT, productSchema } from './catalog/product.schema';
import { SEED_PRODUCTS } from './catalog/seed-products';
import { ProductsConfig } from './config';
import { withConnection } from './database';
import { newStock, STOCK, stockSchema } from './stock/stock.schema';

/** Adds the sample products that are missing; those that exist, edited or archived, stay as they are. */
export async function seedCatalog(connection: Connection, currency: string): Promise<number> {
  const products = connection.model(PRODUCT, productSchema);
  const stock = connection.model(STOCK, stockSchema);
  let added = 0;
  for (const [category, rows] of Object.entries(SEED_PRODUCTS)) {
    for (const [sku, name, price, available, tags, description] of rows) {
      const imageUrls = [`https://images.example.com/products/${sku.toLowerCase()}.jpg`];
      const request = { sku, name, description, price: { amount: price, currency }, category, imageUrls, available };
      const { _id, ...product } = newProduct(idOf(sku), { ...request, tags: tags.split(' ') }, currency);
      await stock.updateOne({ _id }, { $setOnInsert: newStock(_id, available) }, { upsert: true });
      const result = await products
        .updateOne({ _id }, { $setOnInsert: product }, { upsert: true })
        .catch((error: unknown) => onlyWhenSkuIsFree(error));
      added += result?.upsertedCount ?? 0;
    }
  }
  return added;
}

// Made from the sku, so that running the seed again finds what it made before.
function idOf(sku: string): string {
  const hash = createHash('sha256').update(`seed:${sku}`).digest('hex');
  return [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `5${hash.slice(13, 16)}`,
    `8${hash.slice(17, 20)}`,
    hash.slice(20, 32),
  ].join('-');
}

function onlyWhenSkuIsFree(error: unknown): undefined {
  if (!isDuplicateSku(error)) throw error;
}

async function seed(): Promise<string> {
  const config = loadConfig(ProductsConfig);
  const added = await withConnection(config, (connection) => seedCatalog(connection, config.CURRENCY));
  return `${added} sample products added`;
}

if (require.main === module) runCommand('products-service catalogue', seed);
