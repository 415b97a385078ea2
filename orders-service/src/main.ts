import { runService } from '@shop/service-kit';
import { AppModule } from './app.module';
import { callers } from './callers';
import { readOrdersConfig } from './config';

const config = readOrdersConfig();

void runService({
  name: 'orders-service',
  config,
  module: AppModule.forRoot(config),
  grpc: { contracts: ['orders'], allow: callers },
});
