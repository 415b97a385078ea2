import Stripe from 'stripe';
import type { OrdersConfig } from '../config';

/** One try per call: trying again, with the same key, is recovery's business. */
export function stripeClient(
  config: Pick<OrdersConfig, 'STRIPE_SECRET_KEY' | 'STRIPE_API_URL' | 'SAGA_PAYMENT_TIMEOUT'>,
): Stripe {
  const { protocol, hostname, port } = new URL(config.STRIPE_API_URL);
  return new Stripe(config.STRIPE_SECRET_KEY ?? '', {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    ...(port ? { port } : {}),
    timeout: config.SAGA_PAYMENT_TIMEOUT,
    maxNetworkRetries: 0,
    telemetry: false,
  });
}
