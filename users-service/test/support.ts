import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import type { users } from '@shop/proto';
import {
  createGrpcClient,
  EventBus,
  InMemoryEventBus,
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
import { UsersConfig } from '../src/config';
import { usersDatabase } from '../src/database';

export const SECRET = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';
export const PASSWORD = 'correct horse battery';

type Client = Promises<users.UsersServiceClient>;

export interface TestApp {
  readonly app: Awaited<ReturnType<typeof startApp>>;
  readonly config: UsersConfig;
  readonly bus: InMemoryEventBus;
  /** A connection of the test's own, beside the app's pool. */
  readonly database: DataSource;
  /** The service as the gateway sees it. */
  readonly users: Client;
  readonly http: string;
  readonly clientOf: (caller: string) => Client;
  readonly close: () => Promise<void>;
}

function setting(variable: 'TEST_POSTGRES_URL' | 'TEST_TLS_DIR'): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: component tests run on real stores, start them with npm test`);
  return value;
}

/** The app as it runs, over mutual TLS, on a PostgreSQL database of its own; only the broker is replaced by memory. */
export async function startTestApp(
  overrides: Partial<UsersConfig> = {},
  addressOf?: (url: string) => string,
): Promise<TestApp> {
  const name = `users_test_${randomUUID().slice(0, 8)}`;
  const server = await new DataSource({ type: 'postgres', url: setting('TEST_POSTGRES_URL') }).initialize();
  await server.query(`CREATE DATABASE ${name}`);
  const config = await aConfig({ DATABASE_URL: addressOf?.(urlOf(name)) ?? urlOf(name), ...overrides });
  const database = await openForMaintenance(usersDatabase({ DATABASE_URL: urlOf(name), DATABASE_POOL_SIZE: 4 }));
  await migrate(database);
  const bus = new InMemoryEventBus();
  const module = onBus(AppModule.forRoot(config), bus);
  const app = await startApp({ name: 'users-service', module, config, grpc: { contracts: ['users'], allow: callers } });
  const clients: Client[] = [];
  const clientOf = (caller: string) => {
    clients.push(aClient(caller, config));
    return clients.at(-1) as Client;
  };
  // Behind another address the database comes when the test lets it.
  if (!addressOf) await eventually(() => app.get(DataSource).isInitialized);
  const close = async () => {
    for (const client of clients) client.close();
    await app.close();
    await database.destroy();
    await server.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await server.destroy();
  };
  return { app, config, bus, database, users: clientOf('api-gateway'), http: await app.getUrl(), clientOf, close };
}

export const asUser = <T>(id: string, work: () => T): T =>
  runWithContext({ requestId: 'test-request', user: { id, role: 'customer' } }, work);

/** An admin known to the gateway only, or the account `id` as one. */
export const asAdmin = <T>(work: () => T, id = '00000000-0000-4000-8000-000000000000'): T =>
  runWithContext({ requestId: 'test-request', user: { id, role: 'admin' } }, work);

let made = 0;

export function aRegistration(changes: Partial<users.RegisterUserRequest> = {}): users.RegisterUserRequest {
  made += 1;
  return { email: `user-${made}@example.com`, name: `User ${made}`, password: PASSWORD, ...changes };
}

/** Waits until `check` no longer throws, nor answers false. */
export async function eventually(check: () => unknown, withinMs = 5000): Promise<void> {
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

export async function aConfig(overrides: Partial<UsersConfig>): Promise<UsersConfig> {
  return Object.assign(new UsersConfig(), {
    NODE_ENV: 'test',
    LOG_LEVEL: 'silent',
    HTTP_PORT: 0,
    GRPC_PORT: await freePort(),
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    JWT_SERVICE_SECRET: SECRET,
    // Far below what a real configuration may say: these tests are not about the cost.
    BCRYPT_COST: 4,
    ...filesOf('users-service'),
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

export function urlOf(database: string): string {
  const url = new URL(setting('TEST_POSTGRES_URL'));
  url.pathname = `/${database}`;
  return url.toString();
}

const filesOf = (name: string) => ({
  TLS_CA_FILE: join(setting('TEST_TLS_DIR'), 'ca.crt'),
  TLS_CERT_FILE: join(setting('TEST_TLS_DIR'), `${name}.crt`),
  TLS_KEY_FILE: join(setting('TEST_TLS_DIR'), `${name}.key`),
});

function aClient(caller: string, config: UsersConfig): Client {
  return createGrpcClient<users.UsersServiceClient>({
    name: 'users-service',
    service: 'users',
    address: `127.0.0.1:${config.GRPC_PORT}`,
    config: filesOf(caller),
    tokens: new ServiceTokens(caller, SECRET),
  });
}

function onBus(module: DynamicModule, bus: InMemoryEventBus): DynamicModule {
  const kit = module.imports?.[0] as DynamicModule;
  const isBus = (provider: unknown) => (provider as FactoryProvider).provide === EventBus;
  const providers = kit.providers?.map((provider) =>
    isBus(provider) ? { provide: EventBus, useValue: bus } : provider,
  );
  return { ...module, imports: [{ ...kit, providers }] };
}
