import type { orders } from '@shop/proto';
import type { Promises } from '@shop/service-kit';
import {
  aKeyRing,
  createScratchDatabase,
  eventually,
  freePort,
  onBus,
  replaceProvider,
  type RunningService,
  runUnderTest,
  SERVICE_SECRET,
  serviceSettings,
  tlsFilesOf,
} from '@shop/service-kit/testing';
import { DataSource } from 'typeorm';
import { AppModule } from '../src/app.module';
import { callers } from '../src/callers';
import { OrdersConfig } from '../src/config';
import { ordersDatabase } from '../src/database';
import { SealedAddresses } from '../src/orders/sealed-address';
import { PaymentProvider } from '../src/payments/payment-provider';
import { ProductsClient } from '../src/products/products.client';
import { BusWithStock, Catalogue, InterruptedProvider, startFakeProducts } from './fakes';

export const FIELD_KEY = aKeyRing('k1');
export const ADDRESSES = new SealedAddresses({ FIELD_KEY });

export type Client = Promises<orders.OrdersServiceClient>;

/** One process of the service, as it runs, over mutual TLS; the broker is replaced by memory, the provider can be interrupted. */
export interface Replica extends RunningService<orders.OrdersServiceClient> {
  readonly config: OrdersConfig;
  readonly bus: BusWithStock;
  readonly provider: InterruptedProvider;
  /** The service as the gateway sees it. */
  readonly orders: Client;
}

export interface TestShop extends Replica {
  readonly catalogue: Catalogue;
  readonly products: Awaited<ReturnType<typeof startFakeProducts>>;
  /** A connection of the test's own, beside the app's pool. */
  readonly database: DataSource;
  /** Another process of the service on the same database. */
  readonly startReplica: (overrides?: Partial<OrdersConfig>) => Promise<Replica>;
  readonly close: () => Promise<void>;
}

/** The service on a PostgreSQL database of its own, beside a fake of products-service that it really calls. */
export async function startShop(
  overrides: Partial<OrdersConfig> = {},
  addressOf?: (url: string) => string,
): Promise<TestShop> {
  const { url, database, drop } = await createScratchDatabase('orders', (settings) =>
    ordersDatabase({ ...settings, FIELD_KEY }),
  );
  const catalogue = new Catalogue();
  const productsAt = await freePort();
  const products = await startFakeProducts(catalogue, {
    ...tlsFilesOf('products-service'),
    GRPC_PORT: productsAt,
    JWT_SERVICE_SECRET: SERVICE_SECRET,
  });
  const replicas: Replica[] = [];
  const startReplica = async (more: Partial<OrdersConfig> = {}) => {
    const addresses = { DATABASE_URL: addressOf?.(url) ?? url, PRODUCTS_GRPC_URL: `127.0.0.1:${productsAt}` };
    const replica = await startOne(catalogue, await aConfig({ ...addresses, ...overrides, ...more }));
    replicas.push(replica);
    // Behind another address the database comes when the test lets it.
    if (!addressOf) await eventually(() => replica.app.get(DataSource).isInitialized);
    // The first call is slow on a busy machine, and what is tested may have little time.
    await eventually(() => replica.app.get(ProductsClient).get([catalogue.add()]));
    return replica;
  };
  const close = async () => {
    for (const replica of replicas) await replica.stop();
    await products.close();
    await drop();
  };
  return { ...(await startReplica()), catalogue, products, database, startReplica, close };
}

async function startOne(catalogue: Catalogue, config: OrdersConfig): Promise<Replica> {
  const bus = new BusWithStock(catalogue);
  const inMemory = onBus(AppModule.forRoot(config), bus);
  const module = {
    ...inMemory,
    providers: replaceProvider(inMemory, PaymentProvider, { useClass: InterruptedProvider }),
  };
  const service = await runUnderTest<orders.OrdersServiceClient>({
    contract: 'orders',
    module,
    config,
    allow: callers,
  });
  const stop = async () => {
    await service.stop();
    expect(bus.refused).toEqual([]);
  };
  const provider = service.app.get<InterruptedProvider>(PaymentProvider);
  return { ...service, config, bus, provider, orders: service.clientOf('api-gateway'), stop };
}

async function aConfig(overrides: Partial<OrdersConfig>): Promise<OrdersConfig> {
  return Object.assign(new OrdersConfig(), { ...(await serviceSettings('orders-service')), FIELD_KEY, ...overrides });
}
