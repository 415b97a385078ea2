import type { Logger } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import type { OrdersConfig } from '../config';
import type { PaymentProvider } from './payment-provider';
import { SimulatedProvider } from './simulated-provider';
import type * as StripeModule from './stripe-provider';

/** As PAYMENT_PROVIDER says. */
export function choosePaymentProvider(
  config: Readonly<OrdersConfig>,
  database: DataSource,
  logger: Logger,
): PaymentProvider {
  if (config.PAYMENT_PROVIDER === 'simulated') {
    logger.warn(
      {},
      'payments are simulated: orders are confirmed and no money moves; PAYMENT_PROVIDER=stripe takes it',
    );
    return new SimulatedProvider(database);
  }
  // Stripe's library takes 17 MB of memory: only who uses it should have it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { StripeProvider } = require('./stripe-provider') as typeof StripeModule;
  return new StripeProvider(config, logger);
}
