import { runService } from '@shop/service-kit';
import { AppModule } from './app.module';
import { callers } from './callers';
import { readUsersConfig } from './config';

const config = readUsersConfig();

void runService({
  name: 'users-service',
  config,
  module: AppModule.forRoot(config),
  grpc: { contracts: ['users'], allow: callers },
});
