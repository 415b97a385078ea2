import { loadConfig, runService } from '@shop/service-kit';
import { APP_NAME, AppModule } from './app.module';
import { GatewayConfig } from './config';
import { configureHttp, fastifyOptions } from './http/edge';

const config = loadConfig(GatewayConfig);

void runService({
  name: APP_NAME,
  module: AppModule.forRoot(config),
  config,
  fastify: fastifyOptions(config),
  http: (app) => configureHttp(app, config),
});
