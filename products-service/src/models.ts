import type { ModelDefinition } from '@nestjs/mongoose';
import type { Connection } from 'mongoose';
import { PRODUCT, productSchema } from './catalog/product.schema';
import { STOCK_ORDER, stockOrderSchema } from './stock/stock-order.schema';
import { STOCK, stockSchema } from './stock/stock.schema';

/** Every collection there is. */
export const MODELS: ModelDefinition[] = [
  { name: PRODUCT, schema: productSchema },
  { name: STOCK, schema: stockSchema },
  { name: STOCK_ORDER, schema: stockOrderSchema },
];

/** Makes collections and indexes; running it again changes nothing. */
export async function migrate(connection: Connection): Promise<void> {
  for (const { name, schema } of MODELS) {
    const model = connection.model(name, schema);
    await model.createCollection();
    await model.createIndexes();
  }
}
