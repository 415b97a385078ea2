import '@shop/service-kit/tracing';
import { loadConfig, runService } from '@shop/service-kit';
import { APP_NAME, AppModule } from './app.module';
import { GatewayConfig } from './config';
import { configureHttp, fastifyOptions, requestDeadlineMs } from './http/edge';

const config = loadConfig(GatewayConfig);

void runService({
  name: APP_NAME,
  module: AppModule.forRoot(config),
  config,
  fastify: fastifyOptions(config),
  isPublic: true,
  requestDeadlineMs,
  http: (app) => configureHttp(app, config),
});
