import { randomUUID } from 'node:crypto';
import type { products } from '@shop/proto';
import {
  asAdmin,
  CallerMatrix,
  type Doors,
  eventually,
  InMemoryEventBus,
  onBus,
  onceQuiet,
  type RunningService,
  runUnderTest,
  serviceSettings,
} from '@shop/service-kit/testing';
import mongoose, { type Connection } from 'mongoose';
import { AppModule } from '../src/app.module';
import { callers } from '../src/callers';
import { migrate } from '../src/models';
import { aConfig, aProduct, databaseUri } from './support';

const config = aConfig({ MONGODB_URI: databaseUri() });
let connection: Connection;
let service: RunningService<products.ProductsServiceClient>;
let doors: Doors;

beforeAll(async () => {
  Object.assign(config, await serviceSettings('products-service'));
  connection = await mongoose.createConnection(config.MONGODB_URI).asPromise();
  await migrate(connection);
  const module = onBus(AppModule.forRoot(config), new InMemoryEventBus());
  service = await runUnderTest<products.ProductsServiceClient>({
    contract: 'products',
    module,
    config,
    allow: callers,
  });
  const gateway = service.clientOf('api-gateway');
  const create = () => asAdmin(() => gateway.createProduct(aProduct()));
  await eventually(create);
  const [product, adjusted, archived] = [await create(), await create(), await create()];
  const may = ['api-gateway'];
  doors = {
    ListProducts: { may, with: {} },
    GetProduct: { may, with: { id: product.id } },
    GetProducts: { may: ['api-gateway', 'orders-service'], with: { ids: [product.id] } },
    CreateProduct: { may, with: aProduct() },
    UpdateProduct: { may, with: { ...aProduct(), id: product.id } },
    AdjustStock: { may, with: { productId: adjusted.id, delta: 7, reason: 'found', adjustmentId: randomUUID() } },
    ArchiveProduct: { may, with: { id: archived.id } },
    ListStockRecords: { may: ['orders-service'], with: { orderIds: [randomUUID()] } },
    ListStockLevels: { may: ['orders-service'], with: {} },
  };
});
afterAll(async () => {
  await service.stop();
  await connection.dropDatabase();
  await connection.close();
});

async function everything(): Promise<Record<string, unknown[]>> {
  const contents: Record<string, unknown[]> = {};
  for (const { collectionName } of await connection.db!.collections())
    contents[collectionName] = await connection.db!.collection(collectionName).find().sort({ _id: 1 }).toArray();
  return contents;
}

test('when the contract has a method, then it is decided here who may call it, and callers.ts says the same', () => {
  expect(CallerMatrix.methodsOf('products').sort()).toEqual(Object.keys(doors).sort());
  expect(callers).toEqual(Object.fromEntries(Object.entries(doors).map(([name, { may }]) => [name, may])));
});

test('when every caller tries every method, then only those who may get in, and the others change nothing', async () => {
  const matrix = await CallerMatrix.of('products', `127.0.0.1:${config.GRPC_PORT}`, doors);
  const before = await onceQuiet(everything);

  expect(await matrix.notRefused()).toEqual([]);
  expect(await everything()).toEqual(before);
  expect(await matrix.notLetIn()).toEqual([]);
  expect(await everything()).not.toEqual(before);
}, 120_000);
