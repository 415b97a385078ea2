import type { users } from '@shop/proto';
import type { Promises } from '@shop/service-kit';
import {
  createScratchDatabase,
  eventually,
  InMemoryEventBus,
  onBus,
  type RunningService,
  runUnderTest,
  serviceSettings,
} from '@shop/service-kit/testing';
import { DataSource } from 'typeorm';
import { AppModule } from '../src/app.module';
import { callers } from '../src/callers';
import { UsersConfig } from '../src/config';
import { usersDatabase } from '../src/database';

export const PASSWORD = 'correct horse battery';

export interface TestApp extends RunningService<users.UsersServiceClient> {
  readonly config: UsersConfig;
  readonly bus: InMemoryEventBus;
  /** A connection of the test's own, beside the app's pool. */
  readonly database: DataSource;
  /** The service as the gateway sees it. */
  readonly users: Promises<users.UsersServiceClient>;
  readonly close: () => Promise<void>;
}

/** The app as it runs, over mutual TLS, on a PostgreSQL database of its own; only the broker is replaced by memory. */
export async function startTestApp(
  overrides: Partial<UsersConfig> = {},
  addressOf?: (url: string) => string,
): Promise<TestApp> {
  const { url, database, drop } = await createScratchDatabase('users', usersDatabase);
  const config = await aConfig({ DATABASE_URL: addressOf?.(url) ?? url, ...overrides });
  const bus = new InMemoryEventBus();
  const module = onBus(AppModule.forRoot(config), bus);
  const service = await runUnderTest<users.UsersServiceClient>({ contract: 'users', module, config, allow: callers });
  // Behind another address the database comes when the test lets it.
  if (!addressOf) await eventually(() => service.app.get(DataSource).isInitialized);
  const close = async () => {
    await service.stop();
    await drop();
  };
  return { ...service, config, bus, database, users: service.clientOf('api-gateway'), close };
}

export async function aConfig(overrides: Partial<UsersConfig>): Promise<UsersConfig> {
  return Object.assign(new UsersConfig(), {
    ...(await serviceSettings('users-service')),
    // Far below what a real configuration may say: these tests are not about the cost.
    BCRYPT_COST: 4,
    ...overrides,
  });
}

let made = 0;

export function aRegistration(changes: Partial<users.RegisterUserRequest> = {}): users.RegisterUserRequest {
  made += 1;
  return { email: `user-${made}@example.com`, name: `User ${made}`, password: PASSWORD, ...changes };
}
