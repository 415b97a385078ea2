import { migrate, runCommand, withDatabase } from '@shop/service-kit';
import { readOrdersConfig } from './config';
import { ordersDatabase } from './database';

runCommand('orders-service migrations', () =>
  withDatabase(ordersDatabase(readOrdersConfig()), async (database) => `${await migrate(database)} run`),
);
