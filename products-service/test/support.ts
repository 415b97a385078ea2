import { randomUUID } from 'node:crypto';
import type { INestApplicationContext } from '@nestjs/common';
import { getConnectionToken } from '@nestjs/mongoose';
import { Test } from '@nestjs/testing';
import { EventBus, type OutgoingEvent } from '@shop/service-kit';
import { InMemoryEventBus, SERVICE_SECRET, storeSetting } from '@shop/service-kit/testing';
import mongoose, { type Connection } from 'mongoose';
import { AppModule } from '../src/app.module';
import type { CreateProductDto } from '../src/catalog/product.dto';
import { ProductsController } from '../src/catalog/products.controller';
import { ProductsConfig } from '../src/config';
import { migrate } from '../src/models';

/** The app on a real MongoDB-protocol server, in a database of its own, with the broker replaced by memory. */
export interface TestApp {
  readonly app: INestApplicationContext;
  readonly bus: InMemoryEventBus;
  readonly connection: Connection;
  readonly controller: ProductsController;
  readonly close: () => Promise<void>;
}

export async function startTestApp(overrides: Partial<ProductsConfig> = {}): Promise<TestApp> {
  const config = aConfig({ MONGODB_URI: databaseUri(), ...overrides });
  const connection = await mongoose
    .createConnection(config.MONGODB_URI, { serverSelectionTimeoutMS: 5000 })
    .asPromise();
  await migrate(connection);
  const bus = new InMemoryEventBus();
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] })
    .overrideProvider(EventBus)
    .useValue(bus)
    .compile();
  const app = await module.init();
  await app.get<Connection>(getConnectionToken()).asPromise();
  const close = async () => {
    await app.close();
    await connection.dropDatabase();
    await connection.close();
  };
  return { app, bus, connection, controller: app.get(ProductsController), close };
}

export function databaseUri(): string {
  const uri = new URL(storeSetting('TEST_MONGODB_URI'));
  uri.pathname = `/products_test_${randomUUID().slice(0, 8)}`;
  return uri.toString();
}

export function aConfig(overrides: Partial<ProductsConfig> = {}): ProductsConfig {
  return Object.assign(new ProductsConfig(), {
    LOG_LEVEL: 'silent',
    HTTP_PORT: 0,
    GRPC_PORT: 0,
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    JWT_SERVICE_SECRET: SERVICE_SECRET,
    TLS_CA_FILE: '-',
    TLS_CERT_FILE: '-',
    TLS_KEY_FILE: '-',
    SAGA_SWEEP_INTERVAL: 3_600_000,
    ...overrides,
  });
}

let made = 0;

export function aProduct(overrides: Partial<CreateProductDto> = {}): CreateProductDto {
  made += 1;
  return {
    sku: `SKU-${made}`,
    name: `Product ${made}`,
    description: 'A thing',
    price: { amount: 1000 + made, currency: 'USD' },
    category: 'Things',
    tags: ['thing'],
    imageUrls: ['https://images.example/thing.jpg'],
    available: 10,
    ...overrides,
  };
}

export function anOrderEvent(
  type: 'order.created' | 'order.confirmed' | 'order.cancelled',
  orderId: string,
  lines: readonly { productId: string; quantity: number }[],
): OutgoingEvent {
  return { id: randomUUID(), type, subject: orderId, time: new Date().toISOString(), data: { orderId, lines } };
}
