import { loadConfig, migrate, runCommand, withDatabase } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import { OrdersConfig } from './config';
import { ordersDatabase } from './database';
import { SealedAddresses } from './orders/sealed-address';

const config = loadConfig(OrdersConfig);
// For a backup of an older version, which is loaded before the later migrations run.
const until = process.argv[2];

runCommand('orders-service migrations', () =>
  withDatabase(ordersDatabase(config), async (database) => {
    const steps = await migrate(database, until);
    if (!until) await proveKey(database, new SealedAddresses(config));
    return `${steps} run`;
  }),
);

// With a wrong key nothing should start: it would seal new addresses so that the right one cannot open them.
async function proveKey(database: DataSource, addresses: SealedAddresses): Promise<void> {
  const [newest] = await database.query<{ id: string; sealed: string }[]>(
    `SELECT id, shipping_address_sealed AS sealed FROM orders WHERE shipping_address_sealed IS NOT NULL
     ORDER BY created_at DESC, id DESC LIMIT 1`,
  );
  if (newest) addresses.open(newest.id, newest.sealed);
}
