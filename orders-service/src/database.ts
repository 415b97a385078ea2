import { postgresOptions } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import type { OrdersConfig } from './config';
import { CreateOrders1700000000000 } from './migrations/1700000000000-create-orders';
import { RememberErasedUsers1700000000001 } from './migrations/1700000000001-remember-erased-users';
import { FindUnsentEvents1700000000002 } from './migrations/1700000000002-find-unsent-events';
import { sealAddresses } from './migrations/1700000000003-seal-addresses';
import { RememberDrift1700000000004 } from './migrations/1700000000004-remember-drift';
import { SealedAddresses } from './orders/sealed-address';

/** Migrations need the key: one of them seals what was written before there was any. */
export function ordersDatabase(
  config: Pick<OrdersConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE' | 'FIELD_KEY'>,
): DataSource {
  return new DataSource(
    postgresOptions({
      app: 'orders-service',
      url: config.DATABASE_URL,
      poolSize: config.DATABASE_POOL_SIZE,
      migrations: [
        CreateOrders1700000000000,
        RememberErasedUsers1700000000001,
        FindUnsentEvents1700000000002,
        sealAddresses(new SealedAddresses(config)),
        RememberDrift1700000000004,
      ],
    }),
  );
}
