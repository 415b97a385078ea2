import { randomUUID } from 'node:crypto';
import type { users } from '@shop/proto';
import type { Promises } from '@shop/service-kit';
import {
  aKeyRing,
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
import { type FieldKeys, UsersConfig } from '../src/config';
import { usersDatabase } from '../src/database';

export const PASSWORD = 'correct horse battery';

export const FIELD_KEYS: FieldKeys = { FIELD_KEY: aKeyRing('k1'), BLIND_INDEX_KEY: aKeyRing('b1') };

/** One process of the service, as it runs, over mutual TLS; only the broker is replaced by memory. */
export interface Replica extends RunningService<users.UsersServiceClient> {
  readonly config: UsersConfig;
  readonly bus: InMemoryEventBus;
  /** The service as the gateway sees it. */
  readonly users: Promises<users.UsersServiceClient>;
}

export interface TestApp extends Replica {
  /** A connection of the test's own, beside the app's pool. */
  readonly database: DataSource;
  /** Another process of the service on the same database. */
  readonly startReplica: (overrides?: Partial<UsersConfig>) => Promise<Replica>;
  readonly close: () => Promise<void>;
}

/** The app on a PostgreSQL database of its own. */
export async function startTestApp(
  overrides: Partial<UsersConfig> = {},
  addressOf?: (url: string) => string,
): Promise<TestApp> {
  const { url, database, drop } = await createScratchDatabase('users', usersDatabaseUnderTest);
  const replicas: Replica[] = [];
  const startReplica = async (more: Partial<UsersConfig> = {}) => {
    const replica = await startOne(await aConfig({ DATABASE_URL: addressOf?.(url) ?? url, ...overrides, ...more }));
    replicas.push(replica);
    // Behind another address the database comes when the test lets it.
    if (!addressOf) await eventually(() => replica.app.get(DataSource).isInitialized);
    return replica;
  };
  const close = async () => {
    for (const replica of replicas) await replica.stop();
    await drop();
  };
  return { ...(await startReplica()), database, startReplica, close };
}

type DatabaseSettings = Pick<UsersConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>;

export function usersDatabaseUnderTest(settings: DatabaseSettings): DataSource {
  return usersDatabase({ ...settings, ...FIELD_KEYS });
}

async function startOne(config: UsersConfig): Promise<Replica> {
  const bus = new InMemoryEventBus();
  const module = onBus(AppModule.forRoot(config), bus);
  const service = await runUnderTest<users.UsersServiceClient>({ contract: 'users', module, config, allow: callers });
  return { ...service, config, bus, users: service.clientOf('api-gateway') };
}

export async function aConfig(overrides: Partial<UsersConfig>): Promise<UsersConfig> {
  return Object.assign(new UsersConfig(), {
    ...(await serviceSettings('users-service')),
    // Far below what a real configuration may say: these tests are not about the cost.
    BCRYPT_COST: 4,
    ...FIELD_KEYS,
    ...overrides,
  });
}

let made = 0;

export function aRegistration(changes: Partial<users.RegisterUserRequest> = {}): users.RegisterUserRequest {
  made += 1;
  return { email: `user-${made}@example.com`, name: `User ${made}`, password: PASSWORD, ...changes };
}

export function anAuditRecord(changes: Partial<users.AuditRecord> = {}): users.AuditRecord {
  return {
    id: randomUUID(),
    at: '2026-01-02T03:04:05.678Z',
    actor: 'somebody',
    action: 'session.opened',
    target: 'user:x',
    ip: '192.0.2.1',
    requestId: 'request-1',
    details: { agent: 'curl' },
    ...changes,
  };
}
