import { loadConfig, runService } from '@shop/service-kit';
import { AppModule } from './app.module';
import { CALLERS } from './callers';
import { Config } from './config';

const config = loadConfig(Config);

void runService({
  name: 'products-service',
  module: AppModule.forRoot(config),
  config,
  grpc: { contracts: ['products'], allow: CALLERS },
});
