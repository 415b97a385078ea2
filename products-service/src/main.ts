import '@shop/service-kit/tracing';
import { loadConfig, runService } from '@shop/service-kit';
import { AppModule } from './app.module';
import { callers } from './callers';
import { ProductsConfig } from './config';

const config = loadConfig(ProductsConfig);

void runService({
  name: 'products-service',
  module: AppModule.forRoot(config),
  config,
  grpc: { contracts: ['products'], allow: callers },
});
