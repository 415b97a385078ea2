import { Writable } from 'node:stream';
import { type DynamicModule, Module } from '@nestjs/common';
import { EventBus, Health, HealthController, Logger, readConfig, ServiceTokens, startApp } from '@shop/service-kit';
import { eventually, InMemoryEventBus, storeAuthority, storeSetting } from '@shop/service-kit/testing';
import { Redis } from 'ioredis';
import { AppModule } from '../src/app.module';
import { OrdersClient, ProductsClient, UsersClient } from '../src/clients.module';
import { GatewayConfig } from '../src/config';
import { configureHttp, fastifyOptions, requestDeadlineMs } from '../src/http/edge';
import { MetricsListener } from '../src/http/metrics-listener';

export const SECRETS = {
  JWT_ACCESS_SECRET: 'qJ1v7mWz0bXo4RkTn9pLs2YdGf6HcUaE8iVy',
  JWT_REFRESH_SECRET: 'Zt5rMx8KwQ3nBv1jLp7CsHd9FgYe2UoIa4Tk',
  JWT_SERVICE_SECRET: 'Nw6yPb2XeRk9SvTd4MhJq1LzCg8FuOaI3iVx',
  EVENT_KEY_PRODUCT: 'k1:AmHQ511nbUstWgF6d/1Cg/s0YGE5r0cEcedd1J7Zo90=',
  EVENT_KEY_USER: 'k1:tLrWqs0lfrQrO4QpsBY+wGB2CBEeCp6YuHM9L+PFWRg=',
};

const REDIS = {
  REDIS_HOST: storeSetting('TEST_REDIS_HOST'),
  REDIS_PORT: storeSetting('TEST_REDIS_PORT'),
  REDIS_USERNAME: 'gateway',
  REDIS_PASSWORD: storeSetting('TEST_REDIS_PASSWORD'),
  REDIS_TLS: 'true',
  REDIS_CA: storeAuthority(),
};

const SURROUNDINGS = {
  HTTP_PORT: '0',
  METRICS_PORT: '0',
  LOG_LEVEL: 'info',
  RABBITMQ_URL: 'amqp://127.0.0.1:1',
  TLS_CA_FILE: 'none',
  TLS_CERT_FILE: 'none',
  TLS_KEY_FILE: 'none',
  USERS_GRPC_URL: '127.0.0.1:1',
  PRODUCTS_GRPC_URL: '127.0.0.1:1',
  ORDERS_GRPC_URL: '127.0.0.1:1',
};

type Fake<C> = Partial<Record<Exclude<keyof C, 'close'>, (request: never) => Promise<unknown>>>;

export interface Fakes {
  readonly users?: Fake<UsersClient>;
  readonly products?: Fake<ProductsClient>;
  readonly orders?: Fake<OrdersClient>;
  readonly env?: Record<string, string>;
}

export type Gateway = Awaited<ReturnType<typeof startGateway>>;

/** The gateway on a port of its own with the real Redis, and strict fakes for the services: a call nobody expected fails. */
export async function startGateway({ users, products, orders, env }: Fakes = {}) {
  const { config, problems } = readConfig(GatewayConfig, { ...SURROUNDINGS, ...REDIS, ...SECRETS, ...env });
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const logs: Record<string, unknown>[] = [];
  const bus = new InMemoryEventBus();
  const outside = outsideModule({ users, products, orders }, { bus, logger: capturing(logs), config });
  const app = await startApp({
    name: 'api-gateway',
    module: AppModule.forRoot(config, [outside]),
    config,
    fastify: fastifyOptions(config),
    requestDeadlineMs,
    http: (nest) => configureHttp(nest, config),
  });
  const { port } = app.getHttpServer().address() as { port: number };
  const metrics = `http://127.0.0.1:${app.get(MetricsListener).port}/metrics`;
  return { app, bus, logs, config, port, url: `http://127.0.0.1:${port}`, metrics, stop: () => app.close() };
}

/** A gateway listens before it has reached Redis, and answers 503 until then. */
export async function untilReady({ url }: Pick<Gateway, 'url'>): Promise<void> {
  await eventually(async () => (await fetch(`${url}/health/ready`)).ok);
}

/** A connection to look at what the gateway keeps, and to empty it. */
export function openRedis(): Redis {
  return new Redis({
    host: REDIS.REDIS_HOST,
    port: Number(REDIS.REDIS_PORT),
    username: 'operator',
    password: storeSetting('TEST_REDIS_OPERATOR_PASSWORD'),
    tls: { ca: REDIS.REDIS_CA },
  });
}

export function strictFake(name: string, methods: object = {}): object {
  return new Proxy(methods, {
    get(target, property) {
      const known = Reflect.get(target, property) as unknown;
      const isFrameworks =
        typeof property === 'symbol' || /^(on|before|then|constructor|close|toJSON|\$)/.test(property);
      if (known !== undefined || isFrameworks) return property === 'close' ? () => undefined : known;
      return () => Promise.reject(new Error(`unexpected call: ${name}.${property}`));
    },
  });
}

interface Surroundings {
  readonly bus: InMemoryEventBus;
  readonly logger: Logger;
  readonly config: GatewayConfig;
}

function outsideModule(fakes: Fakes, { bus, logger, config }: Surroundings): DynamicModule {
  @Module({})
  class Outside {}
  const providers = [
    { provide: Logger, useValue: logger },
    { provide: EventBus, useValue: bus },
    { provide: Health, useValue: new Health() },
    { provide: ServiceTokens, useValue: new ServiceTokens('api-gateway', config.JWT_SERVICE_SECRET) },
    { provide: UsersClient, useValue: strictFake('users', fakes.users) },
    { provide: ProductsClient, useValue: strictFake('products', fakes.products) },
    { provide: OrdersClient, useValue: strictFake('orders', fakes.orders) },
  ];
  const exported = providers.map(({ provide }) => provide);
  return { module: Outside, global: true, controllers: [HealthController], providers, exports: exported };
}

function capturing(logs: Record<string, unknown>[]): Logger {
  const sink = new Writable({
    write(chunk, _encoding, done) {
      logs.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  return Logger.create('api-gateway', 'info', sink);
}
