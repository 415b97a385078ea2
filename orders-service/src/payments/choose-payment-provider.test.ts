import type { Logger } from '@shop/service-kit';
import type { DataSource } from 'typeorm';
import type { OrdersConfig } from '../config';
import { choosePaymentProvider } from './choose-payment-provider';

const chosen = (settings: Partial<OrdersConfig>) => {
  const warn = jest.fn();
  const config = { STRIPE_API_URL: 'https://api.stripe.com', SAGA_PAYMENT_TIMEOUT: 3000, ...settings } as OrdersConfig;
  const { name } = choosePaymentProvider(config, {} as DataSource, { warn } as unknown as Logger);
  return { name, warnings: warn.mock.calls.map(([, message]) => String(message)) };
};

test('when payments are simulated, then the log warns of it at the start', () => {
  const { name, warnings } = chosen({ PAYMENT_PROVIDER: 'simulated' });
  expect(name).toBe('simulated');
  expect(warnings).toEqual([expect.stringContaining('no money moves')]);
});

test('when Stripe takes the money, then there is nothing to warn of', () => {
  const { name, warnings } = chosen({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: 'sk_test_0123456789abcdef' });
  expect([name, warnings]).toEqual(['stripe', []]);
});
