import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readConfig, variablesOf } from '@shop/service-kit';
import { OrdersConfig } from './config';

const example = parseEnv(readFileSync(join(__dirname, '../.env.example'), 'utf8')) as Record<string, string>;
const complete = {
  ...example,
  JWT_SERVICE_SECRET: 'Nw6yPb2XeRk9SvTd4MhJq1LzCg8FuOaI3iVx',
  EVENT_KEY_ORDER: 'k1:S8azk/LPrYPo6WQ8r0PaB79t7lzRt1ufuKte4E8PehY=',
  EVENT_KEY_STOCK: 'k1:Zod7mZmXNvCifQDa+K/vn2/pBxam1I+hbt85KIf00DQ=',
  EVENT_KEY_USER: 'k1:Nu2xW0bu/Knp+avRfWVoGdACMrlTfX9/TPsW93t8Y5c=',
  FIELD_KEY: 'k1:h0vQ5n2bRkzv3yK1m9Tq8WcXe7LaJd4sPfUgYtBoN6M=',
};
const problemsOf = (changes: Record<string, string>) => readConfig(OrdersConfig, { ...complete, ...changes }).problems;

describe('the configuration', () => {
  test('when the example is compared with the schema, then both name the same variables', () => {
    expect(Object.keys(example).sort()).toEqual(variablesOf(OrdersConfig).sort());
  });

  test('when the example is completed with its secret, then it is valid, and without it, the secret is named', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ JWT_SERVICE_SECRET: '' })).toEqual(['JWT_SERVICE_SECRET is missing']);
  });

  test('when a variable of the example is left out, then it has the value of the example, or is required', () => {
    const { config } = readConfig(OrdersConfig, complete);
    const withoutDefault = /_SECRET$|^EVENT_KEY_|^FIELD_KEY$|_FILE$|^(DATABASE|RABBITMQ|PRODUCTS_GRPC)_URL$|_PORT$/;
    for (const name of Object.keys(example)) {
      const { config: other, problems } = readConfig(OrdersConfig, { ...complete, [name]: '' });
      if (withoutDefault.test(name)) expect(problems).toEqual([`${name} is missing`]);
      else expect([name, problems, other]).toEqual([name, [], config]);
    }
  });

  test('when the example is read, then the times are those of the protocol', () => {
    expect(readConfig(OrdersConfig, complete).config).toMatchObject({
      SAGA_RECOVERY_INTERVAL: 2000,
      SAGA_RESEND_AFTER: 15_000,
      SAGA_PENDING_TIMEOUT: 5 * 60_000,
      SAGA_RESERVATION_TTL: 15 * 60_000,
      SAGA_PAYMENT_TIMEOUT: 10_000,
      SAGA_RESERVED_STALE_AFTER: 2000,
      SAGA_STARTED_STALE_AFTER: 12_000,
      RECONCILE_INTERVAL: 5 * 60_000,
      RECONCILE_AFTER: 60_000,
    });
  });

  test.each([
    ['DATABASE_URL', 'mysql://127.0.0.1/orders'],
    ['DATABASE_POOL_SIZE', '0'],
    ['CURRENCY', 'usd'],
    ['PAYMENT_PROVIDER', 'cash'],
    ['SAGA_PAYMENT_WORKERS', '1.5'],
    ['SAGA_RESEND_AFTER', 'soon'],
    ['SAGA_RESERVATION_TTL', '0'],
    ['SAGA_STARTED_STALE_AFTER', '10s'],
    ['STRIPE_API_URL', 'http://stripe.example'],
    ['STRIPE_API_URL', 'http://127.0.0.1.example'],
    ['STRIPE_API_URL', 'https://user:password@stripe.example'],
    ['STRIPE_SHOP', "a'b"],
  ])('when %s is %j, then it is named', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(name)]);
  });

  test.each(['', 'pk_test_aFakeOneForTests', 'whsec_aFakeOneForTests', 'sk_test_', 'secret'])(
    'when money is taken with Stripe and its key is %j, then it is named and not told',
    (key) => {
      const [problem, ...more] = problemsOf({ PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: key });
      expect(more).toEqual([]);
      expect(problem).toMatch(
        /^STRIPE_SECRET_KEY (is missing|must be a secret or restricted key of Stripe: [\w_…, ]+)$/,
      );
    },
  );

  test.each(['sk_test_', 'rk_live_'].map((kind) => `${kind}aFakeOneForTests`))(
    'when its key is %s, then it is valid',
    (key) => {
      const stripe = { PAYMENT_PROVIDER: 'stripe', STRIPE_SECRET_KEY: key };
      for (const STRIPE_API_URL of [
        '',
        'http://127.0.0.1:12111',
        'http://localhost:12111',
        'https://stripe.example:444/',
      ])
        expect(problemsOf({ ...stripe, STRIPE_API_URL })).toEqual([]);
    },
  );
});
