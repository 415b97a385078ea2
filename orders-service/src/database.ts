import { postgres } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import type { OrdersConfig } from './config';
import { CreateOrders1700000000000 } from './migrations/1700000000000-create-orders';

const RETRY_MS = 250;
const PATIENCE_MS = 30_000;

type DatabaseConfig = Pick<OrdersConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>;

export function ordersDatabase(config: DatabaseConfig): DataSource {
  return postgres({
    app: 'orders-service',
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    migrations: [CreateOrders1700000000000],
  });
}

/** For one-shot commands: waits for the database to come, and lets a statement take as long as it needs. */
export async function openForMaintenance(config: DatabaseConfig, patienceMs = PATIENCE_MS): Promise<DataSource> {
  const { options } = ordersDatabase(config);
  const extra = { ...options.extra, statement_timeout: 0, lock_timeout: 0 };
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      return await new DataSource({ ...options, extra }).initialize();
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
