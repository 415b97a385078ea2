import '@shop/service-kit/tracing';
import { loadConfig, runService } from '@shop/service-kit';
import { AppModule } from './app.module';
import { callers } from './callers';
import { OrdersConfig } from './config';

const config = loadConfig(OrdersConfig);

void runService({
  name: 'orders-service',
  config,
  module: AppModule.forRoot(config),
  grpc: { contracts: ['orders'], allow: callers },
});
