import { postgres } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import type { OrdersConfig } from './config';
import { CreateOrders1700000000000 } from './migrations/1700000000000-create-orders';

export function ordersDatabase(config: Pick<OrdersConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>): DataSource {
  return postgres({
    app: 'orders-service',
    url: config.DATABASE_URL,
    poolSize: config.DATABASE_POOL_SIZE,
    migrations: [CreateOrders1700000000000],
  });
}
