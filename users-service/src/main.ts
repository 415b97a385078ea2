import '@shop/service-kit/tracing';
import { loadConfig, runService } from '@shop/service-kit';
import { AppModule } from './app.module';
import { callers } from './callers';
import { UsersConfig } from './config';

const config = loadConfig(UsersConfig);

void runService({
  name: 'users-service',
  config,
  module: AppModule.forRoot(config),
  grpc: { contracts: ['users'], allow: callers },
});
