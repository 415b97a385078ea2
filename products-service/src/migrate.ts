import { loadConfig, runCommand } from '@shop/service-kit';
import { ProductsConfig } from './config';
import { withConnection } from './database';
import { migrate } from './models';

runCommand('products-service migrations', async () => {
  await withConnection(loadConfig(ProductsConfig), migrate);
  return 'collections and indexes are in place';
});
