import { loadConfig, reseal, runCommand, withDatabase } from '@shop/service-kit';
import { OrdersConfig } from './config';
import { ordersDatabase } from './database';
import { ADDRESS_COLUMN, SealedAddresses } from './orders/sealed-address';

const config = loadConfig(OrdersConfig);

runCommand('orders-service field keys', () =>
  withDatabase(ordersDatabase(config), (database) =>
    reseal(database, new SealedAddresses(config).cipher, ADDRESS_COLUMN),
  ),
);
