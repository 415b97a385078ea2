import { loadConfig, migrate, runCommand, withDatabase } from '@shop/service-kit';
import { OrdersConfig } from './config';
import { ordersDatabase } from './database';

runCommand('orders-service migrations', () =>
  withDatabase(ordersDatabase(loadConfig(OrdersConfig)), async (database) => `${await migrate(database)} run`),
);
