import {
  EnvDuration,
  EnvInt,
  EnvKeyRing,
  EnvStoreAddress,
  GrpcServiceConfig,
  type KeyRing,
  patienceOf,
} from '@shop/service-kit';
import { IsIn, IsNotEmpty, IsString, Matches, ValidateBy, ValidateIf } from 'class-validator';

// Otherwise recovery would ask about payments whose first answer is still on its way.
function LongerThanPaymentTimeout(): PropertyDecorator {
  return ValidateBy({
    name: 'longerThanPaymentTimeout',
    validator: {
      validate: (value, args) => (value as number) > (args?.object as OrdersConfig).SAGA_PAYMENT_TIMEOUT,
      defaultMessage: () => '$property must be longer than SAGA_PAYMENT_TIMEOUT',
    },
  });
}

export class OrdersConfig extends GrpcServiceConfig {
  /** What this service sends is sealed with it. */
  @EnvKeyRing()
  EVENT_KEY_ORDER: KeyRing;

  /** For the answers of products-service. */
  @EnvKeyRing()
  EVENT_KEY_STOCK: KeyRing;

  /** For the news of users-service. */
  @EnvKeyRing()
  EVENT_KEY_USER: KeyRing;

  /** Addresses in the database are sealed with it. */
  @EnvKeyRing()
  FIELD_KEY: KeyRing;

  @EnvStoreAddress('postgres', 'postgresql')
  DATABASE_URL: string;

  @EnvInt(1, 100)
  DATABASE_POOL_SIZE = 10;

  @IsString()
  @IsNotEmpty()
  PRODUCTS_GRPC_URL: string;

  @Matches(/^[A-Z]{3}$/)
  CURRENCY = 'USD';

  @IsIn(['simulated', 'stripe'])
  PAYMENT_PROVIDER: 'simulated' | 'stripe' = 'simulated';

  /** Of the account that takes the money; needed for stripe only. */
  @ValidateIf(({ PAYMENT_PROVIDER }: OrdersConfig) => PAYMENT_PROVIDER === 'stripe')
  @Matches(/^[sr]k_(test|live)_[A-Za-z0-9]{10,}$/, {
    message: '$property must be a secret or restricted key of Stripe: sk_test_…, sk_live_…, rk_test_… or rk_live_…',
  })
  STRIPE_SECRET_KEY?: string;

  /** Another one in tests only. */
  @Matches(/^(https:\/\/[^\s/?#@]+|http:\/\/(127\.0\.0\.1|localhost)(:\d+)?)\/?$/, {
    message: '$property must be an https:// address, or http:// on this machine, without a path',
  })
  STRIPE_API_URL = 'https://api.stripe.com';

  /** Payments of this shop bear this name; whatever else the account takes is none of its business. */
  @Matches(/^[A-Za-z0-9._-]{1,100}$/)
  STRIPE_SHOP = 'shop';

  /** How often every replica looks for what a dead process left. */
  @EnvDuration()
  SAGA_RECOVERY_INTERVAL = 2000;

  /** How long stock may be silent before it is asked again. */
  @EnvDuration()
  SAGA_RESEND_AFTER = 15_000;

  /** How long stock may be silent before the order fails. */
  @EnvDuration()
  SAGA_PENDING_TIMEOUT = 300_000;

  /** While so many orders wait for stock, new ones are refused with 503: no more than stock answers within SAGA_PENDING_TIMEOUT. */
  @EnvInt(1, 1_000_000)
  SAGA_MAX_PENDING = 2000;

  /** How long reserved goods are kept for an order that is not paid. */
  @EnvDuration()
  SAGA_RESERVATION_TTL = 900_000;

  /** How long the payment provider may take to answer. */
  @EnvDuration()
  SAGA_PAYMENT_TIMEOUT = 10_000;

  /** A reserved order that nobody has begun to pay for so long was left by a dead process. */
  @EnvDuration()
  SAGA_RESERVED_STALE_AFTER = 2000;

  /** A payment that has been under way for so long was left by a dead process; more than SAGA_PAYMENT_TIMEOUT. */
  @LongerThanPaymentTimeout()
  @EnvDuration()
  SAGA_STARTED_STALE_AFTER = 12_000;

  /** How often one replica compares orders with stock and money. */
  @EnvDuration()
  RECONCILE_INTERVAL = 300_000;

  /** What changed less than this ago may still be under way, and is compared later. */
  @EnvDuration()
  RECONCILE_AFTER = 60_000;

  /** Payments under way at once in this process. */
  @EnvInt(1, 200)
  SAGA_PAYMENT_WORKERS = 8;

  /** An order that has not moved for so long is stuck. */
  get overdueAfterMs(): number {
    return Math.max(this.SAGA_PENDING_TIMEOUT, this.SAGA_RESERVATION_TTL);
  }

  get patienceMs(): number {
    return patienceOf(this);
  }
}
