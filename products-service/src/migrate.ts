import { loadConfig, runCommand } from '@shop/service-kit';
import type { Connection } from 'mongoose';
import { PRODUCT, productSchema } from './catalog/product.schema';
import { ProductsConfig } from './config';
import { connectDatabase } from './database';
import { STOCK_ORDER, stockOrderSchema } from './stock/stock-order.schema';
import { STOCK, stockSchema } from './stock/stock.schema';

/** Makes collections and indexes; running it again changes nothing. */
export async function migrate(connection: Connection): Promise<void> {
  for (const [name, schema] of [
    [PRODUCT, productSchema],
    [STOCK, stockSchema],
    [STOCK_ORDER, stockOrderSchema],
  ] as const) {
    const model = connection.model<unknown>(name, schema);
    await model.createCollection();
    await model.createIndexes();
  }
}

async function run(): Promise<string> {
  const connection = await connectDatabase(loadConfig(ProductsConfig));
  await migrate(connection);
  await connection.close();
  return 'collections and indexes are in place';
}

if (require.main === module) runCommand('products-service migrations', run);
