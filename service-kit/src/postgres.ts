import type { OnApplicationBootstrap, OnApplicationShutdown, Provider, Type } from '@nestjs/common';
import type { DataSource, DataSourceOptions } from 'typeorm';
import { type PoolState, showDatabasePool } from './database-pool';
import { EventBus } from './event-bus';
import { Health } from './health';
import { logConnected } from './log-connected';
import { Logger } from './logger';
import { OutboxRelay } from './outbox';

const RETRY_MS = 250;
// Longer than the server's own limit, which is the better one while the server is able to keep it.
const QUERY_TIMEOUT_MS = 2500;

interface PostgresSettings {
  readonly app: string;
  readonly url: string;
  readonly poolSize: number;
  readonly migrations: NonNullable<DataSourceOptions['migrations']>;
}

/** A PostgreSQL pool: bounded, and no statement, lock or idle transaction outlives a request's patience. */
export function postgresOptions({ app, url, poolSize, migrations }: PostgresSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url,
    poolSize,
    migrations,
    synchronize: false,
    installExtensions: false,
    extra: {
      application_name: app,
      connectionTimeoutMillis: 1500,
      statement_timeout: 2000,
      lock_timeout: 1000,
      query_timeout: QUERY_TIMEOUT_MS,
      // The outbox relay waits for the broker's confirms, at most 10 s, with its rows locked.
      idle_in_transaction_session_timeout: 15_000,
      keepAlive: true,
    },
  };
}

/** What an app with a PostgreSQL of its own is given: the pool, its connection and the relay of its outbox. */
export function postgresProviders(token: Type<DataSource>, open: () => DataSource): Provider[] {
  return [
    { provide: token, useFactory: open },
    {
      provide: PostgresConnection,
      inject: [token, OutboxRelay, Logger, Health],
      useFactory: (...given: ConstructorParameters<typeof PostgresConnection>) => new PostgresConnection(...given),
    },
    {
      provide: OutboxRelay,
      inject: [token, EventBus, Logger],
      useFactory: (database: DataSource, bus: EventBus, logger: Logger) => new OutboxRelay(database, bus, logger),
    },
  ];
}

/** Connects as soon as the database is there, reports its health, and closes the pool after the relay's last round. */
export class PostgresConnection implements OnApplicationBootstrap, OnApplicationShutdown {
  private stopped = false;

  constructor(
    private readonly database: DataSource,
    private readonly relay: OutboxRelay,
    private readonly logger: Logger,
    health: Health,
  ) {
    health.add('postgres', async () => void (await database.query('SELECT 1')), { metric: 'database_connected' });
    showDatabasePool(() => stateOf(database.isInitialized ? poolOf(database) : undefined));
  }

  onApplicationBootstrap(): void {
    void this.keepTrying();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.relay.finish();
    if (this.database.isInitialized) await this.database.destroy();
  }

  private async keepTrying(): Promise<void> {
    for (let attempt = 0; !this.stopped && !this.database.isInitialized; attempt++) {
      try {
        await this.database.initialize();
        closeOverdueConnections(this.database);
        logConnected(this.logger, 'PostgreSQL', (this.database.options as { url?: string }).url ?? '');
      } catch (error) {
        if (attempt % 20 === 0) this.logger.warn({ err: error, attempt }, 'PostgreSQL is away');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}

interface Connection {
  query(...parameters: unknown[]): Promise<unknown> | undefined;
  readonly connection: { readonly stream: { destroy(): void } };
}

interface Pool {
  readonly totalCount: number;
  readonly idleCount: number;
  readonly waitingCount: number;
  on(event: 'acquire', listener: (connection: Connection) => void): void;
}

function poolOf(database: DataSource): Pool {
  return (database.driver as unknown as { master: Pool }).master;
}

function stateOf(pool: Pool | undefined): PoolState {
  const { totalCount = 0, idleCount = 0, waitingCount = 0 } = pool ?? {};
  return { idle: idleCount, used: totalCount - idleCount, waiting: waitingCount };
}

// pg stops waiting but keeps the connection. Half a transaction may be left on it, and the next user would commit that.
function closeOverdueConnections(database: DataSource): void {
  const known = new WeakSet<Connection>();
  poolOf(database).on('acquire', (connection) => {
    if (known.has(connection)) return;
    known.add(connection);
    const query = connection.query.bind(connection);
    connection.query = (...parameters) => {
      const answer = query(...parameters);
      answer?.catch((error: Error) => {
        if (error.message === 'Query read timeout') connection.connection.stream.destroy();
      });
      return answer;
    };
  });
}
