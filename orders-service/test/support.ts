import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DynamicModule, FactoryProvider, Provider } from '@nestjs/common';
import type { orders } from '@shop/proto';
import {
  createGrpcClient,
  EventBus,
  migrate,
  openForMaintenance,
  type Promises,
  runWithContext,
  ServiceTokens,
  startApp,
} from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { AppModule } from '../src/app.module';
import { callers } from '../src/callers';
import { OrdersConfig } from '../src/config';
import { ordersDatabase } from '../src/database';
import { PaymentProvider } from '../src/payments/payment-provider';
import { BusWithStock, Catalogue, InterruptedProvider, startFakeProducts } from './fakes';

export const SECRET = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';

export type Client = Promises<orders.OrdersServiceClient>;

/** One process of the service, as it runs, over mutual TLS; the broker is replaced by memory, the provider can be interrupted. */
export interface Replica {
  readonly app: Awaited<ReturnType<typeof startApp>>;
  readonly config: OrdersConfig;
  readonly bus: BusWithStock;
  readonly provider: InterruptedProvider;
  /** The service as the gateway sees it. */
  readonly orders: Client;
  readonly clientOf: (caller: string) => Client;
  readonly http: string;
  readonly stop: () => Promise<void>;
}

export interface TestShop extends Replica {
  readonly catalogue: Catalogue;
  readonly products: Awaited<ReturnType<typeof startFakeProducts>>;
  /** A connection of the test's own, beside the app's pool. */
  readonly database: DataSource;
  /** Another process of the service on the same database. */
  readonly startReplica: (overrides?: Partial<OrdersConfig>) => Promise<Replica>;
  readonly close: () => Promise<void>;
}

/** The service on a PostgreSQL database of its own, beside a fake of products-service that it really calls. */
export async function startShop(
  overrides: Partial<OrdersConfig> = {},
  addressOf?: (url: string) => string,
): Promise<TestShop> {
  const name = `orders_test_${randomUUID().slice(0, 8)}`;
  const server = await new DataSource({ type: 'postgres', url: setting('TEST_POSTGRES_URL') }).initialize();
  await server.query(`CREATE DATABASE ${name}`);
  const database = await openForMaintenance(ordersDatabase({ DATABASE_URL: urlOf(name), DATABASE_POOL_SIZE: 4 }));
  await migrate(database);
  const catalogue = new Catalogue();
  const productsAt = await freePort();
  const products = await startFakeProducts(catalogue, {
    ...filesOf('products-service'),
    GRPC_PORT: productsAt,
    JWT_SERVICE_SECRET: SECRET,
  });
  const replicas: Replica[] = [];
  const startReplica = async (more: Partial<OrdersConfig> = {}) => {
    const addresses = {
      DATABASE_URL: addressOf?.(urlOf(name)) ?? urlOf(name),
      PRODUCTS_GRPC_URL: `127.0.0.1:${productsAt}`,
    };
    replicas.push(await startOne(catalogue, await aConfig({ ...addresses, ...overrides, ...more })));
    const replica = replicas.at(-1) as Replica;
    // Behind another address the database comes when the test lets it.
    if (!addressOf) await eventually(() => replica.app.get(DataSource).isInitialized);
    return replica;
  };
  const close = async () => {
    for (const replica of replicas) await replica.stop();
    await products.close();
    await database.destroy();
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.destroy();
  };
  return { ...(await startReplica()), catalogue, products, database, startReplica, close };
}

async function startOne(catalogue: Catalogue, config: OrdersConfig): Promise<Replica> {
  const bus = new BusWithStock(catalogue);
  const module = replacing(AppModule.forRoot(config), bus);
  const grpc = { contracts: ['orders'] as const, allow: callers };
  const app = await startApp({ name: 'orders-service', module, config, grpc });
  const clients: Client[] = [];
  const clientOf = (caller: string) => {
    clients.push(aClient(caller, config));
    return clients.at(-1) as Client;
  };
  let stopped: Promise<void> | undefined;
  const stopNow = async () => {
    for (const client of clients) client.close();
    await app.close();
    expect(bus.refused).toEqual([]);
  };
  const provider = app.get<InterruptedProvider>(PaymentProvider);
  const http = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  const stop = () => (stopped ??= stopNow());
  return { app, config, bus, provider, orders: clientOf('api-gateway'), clientOf, http, stop };
}

export const asUser = <T>(id: string, work: () => T): T =>
  runWithContext({ requestId: 'test-request', user: { id, role: 'customer' } }, work);

export const asAdmin = <T>(work: () => T): T =>
  runWithContext({ requestId: 'test-request', user: { id: 'the-admin', role: 'admin' } }, work);

/** Waits until `check` no longer throws, nor answers false. */
export async function eventually(check: () => unknown, withinMs = 8000): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    try {
      if ((await check()) !== false) return;
      if (Date.now() > giveUpAt) throw new Error(`not true within ${withinMs} ms`);
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

async function aConfig(overrides: Partial<OrdersConfig>): Promise<OrdersConfig> {
  return Object.assign(new OrdersConfig(), {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HTTP_PORT: 0,
    GRPC_PORT: await freePort(),
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    JWT_SERVICE_SECRET: SECRET,
    ...filesOf('orders-service'),
    ...overrides,
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function setting(variable: 'TEST_POSTGRES_URL' | 'TEST_RABBITMQ_URL' | 'TEST_TLS_DIR'): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: component tests run on real stores, start them with npm test`);
  return value;
}

function urlOf(database: string): string {
  const url = new URL(setting('TEST_POSTGRES_URL'));
  url.pathname = `/${database}`;
  return url.toString();
}

const filesOf = (name: string) => ({
  TLS_CA_FILE: join(setting('TEST_TLS_DIR'), 'ca.crt'),
  TLS_CERT_FILE: join(setting('TEST_TLS_DIR'), `${name}.crt`),
  TLS_KEY_FILE: join(setting('TEST_TLS_DIR'), `${name}.key`),
});

function aClient(caller: string, config: OrdersConfig): Client {
  return createGrpcClient<orders.OrdersServiceClient>({
    name: 'orders-service',
    service: 'orders',
    address: `127.0.0.1:${config.GRPC_PORT}`,
    config: filesOf(caller),
    tokens: new ServiceTokens(caller, SECRET),
  });
}

function replacing(module: DynamicModule, bus: BusWithStock): DynamicModule {
  const put = (providers: Provider[] = [], token: unknown, other: Provider) =>
    providers.map((provider) => ((provider as FactoryProvider).provide === token ? other : provider));
  const kit = module.imports?.[0] as DynamicModule;
  const broker = { ...kit, providers: put(kit.providers, EventBus, { provide: EventBus, useValue: bus }) };
  const provider = { provide: PaymentProvider, useClass: InterruptedProvider };
  return { ...module, imports: [broker], providers: put(module.providers, PaymentProvider, provider) };
}
