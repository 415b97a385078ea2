import { EnvDuration, EnvInt, EnvKeyRing, EnvStoreAddress, GrpcServiceConfig, type KeyRing } from '@shop/service-kit';
import { Matches } from 'class-validator';

/** What products-service reads from its environment. */
export class ProductsConfig extends GrpcServiceConfig {
  /** For what orders-service asks. */
  @EnvKeyRing()
  EVENT_KEY_ORDER: KeyRing;

  /** The answers to orders-service are sealed with it. */
  @EnvKeyRing()
  EVENT_KEY_STOCK: KeyRing;

  /** News of the catalogue are sealed with it. */
  @EnvKeyRing()
  EVENT_KEY_PRODUCT: KeyRing;

  @EnvStoreAddress('mongodb', 'mongodb+srv')
  MONGODB_URI: string;

  @EnvInt(1, 500)
  MONGODB_POOL_SIZE = 20;

  /** The shop's one currency, ISO 4217. */
  @Matches(/^[A-Z]{3}$/, { message: '$property must be an ISO 4217 code in upper case' })
  CURRENCY = 'USD';

  @EnvDuration()
  SAGA_SWEEP_INTERVAL = 10_000;

  /** Marks in the stock that are older than this are compared with their order's final state. */
  @EnvDuration()
  SAGA_SWEEP_MARKS_AFTER = 10_000;

  /** Marks of finished orders are forgotten after this; far beyond any handler's deadline. */
  @EnvDuration()
  SAGA_PULL_MARKS_AFTER = 600_000;
}
