import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { Health, type PoolState, showDatabasePool } from '@shop/service-kit';
import type { Connection } from 'mongoose';

/** The driver tells of its pools by events only, and those of a connection's first moments are gone before anybody can listen. */
interface PooledClient {
  readonly topology?: { readonly s: { readonly servers: ReadonlyMap<string, { readonly pool: Pool }> } };
}

interface Pool {
  readonly availableConnectionCount: number;
  readonly currentCheckedOutCount: number;
  readonly waitQueueSize: number;
}

/** Ready means: MongoDB answers. */
@Injectable()
export class DatabaseHealth {
  constructor(health: Health, @InjectConnection() connection: Connection) {
    const ping = async () => {
      if (!connection.db) throw new Error('not connected yet');
      await connection.db.command({ ping: 1 });
    };
    health.add('mongodb', ping, { metric: 'database_connected' });
    showDatabasePool(() => stateOf(connection));
  }
}

function stateOf(connection: Connection): PoolState {
  const { topology } = (connection.getClient() ?? {}) as unknown as PooledClient;
  const pools = [...(topology?.s.servers.values() ?? [])].map(({ pool }) => pool);
  const sum = (of: keyof Pool) => pools.reduce((all, pool) => all + pool[of], 0);
  return {
    idle: sum('availableConnectionCount'),
    used: sum('currentCheckedOutCount'),
    waiting: sum('waitQueueSize'),
  };
}
