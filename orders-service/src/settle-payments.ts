import { loadConfig, Logger, runCommand, withDatabase } from '@shop/service-kit';
import { OrdersConfig } from './config';
import { ordersDatabase } from './database';
import { OrdersRepository } from './orders/orders.repository';
import { SealedAddresses } from './orders/sealed-address';
import { AttemptsRepository } from './payments/attempts.repository';
import { choosePaymentProvider } from './payments/choose-payment-provider';
import { SettleWithProvider } from './payments/settle-with-provider';

const config = loadConfig(OrdersConfig);

runCommand('orders-service payments', () =>
  withDatabase(ordersDatabase(config), async (database) => {
    const since = new Date(process.argv[2] ?? '');
    if (Number.isNaN(since.getTime())) throw new Error('since when? Name the time of the backup');
    const orders = new OrdersRepository(database, new SealedAddresses(config));
    const attempts = new AttemptsRepository(database, orders);
    const logger = Logger.create('orders-service', config.LOG_LEVEL);
    const provider = choosePaymentProvider(config, database, logger);
    const settling = new SettleWithProvider(database, orders, attempts, provider);
    const { paidBack, cancelled, unclear } = await settling.execute(since);
    const look = unclear.length > 0 ? `; refunded, but not to be cancelled, look at: ${unclear.join(', ')}` : '';
    return `${paidBack} payments of lost orders paid back, ${cancelled} orders cancelled that were refunded before${look}`;
  }),
);
