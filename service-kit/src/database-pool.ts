import { askedGauge } from './metrics';

export interface PoolState {
  readonly idle: number;
  readonly used: number;
  readonly waiting: number;
}

/** `database_pool_connections`, by one name and in one shape for whatever database an app has. */
export function showDatabasePool(read: () => PoolState): void {
  askedGauge({
    name: 'database_pool_connections',
    help: "Of this process' pool: idle, used, and work that is waiting for one",
    label: 'state',
    freshForMs: 0,
    read: () => ({ ...read() }),
  });
}
