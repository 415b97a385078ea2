import { Test, type TestingModule } from '@nestjs/testing';
import { EventBus, toDomainError } from '@shop/service-kit';
import { eventually, InMemoryEventBus, Line } from '@shop/service-kit/testing';
import { AppModule } from '../src/app.module';
import { ProductsController } from '../src/catalog/products.controller';
import { aConfig, databaseUri } from './support';

describe('a database that comes and goes', () => {
  let line: Line;
  let app: TestingModule;
  let controller: ProductsController;

  beforeAll(async () => {
    const address = databaseUri();
    line = await Line.to(address);
    const config = aConfig({ MONGODB_URI: line.through(address) });
    app = await Test.createTestingModule({ imports: [AppModule.forRoot(config)] })
      .overrideProvider(EventBus)
      .useValue(new InMemoryEventBus())
      .compile();
    await app.init();
    controller = app.get(ProductsController);
  });
  afterAll(async () => {
    line.cut();
    await app.close();
  });

  const reasonOfRead = async () => {
    const startedAt = Date.now();
    const reason = await controller.getProduct({ id: 'unknown' }).then(
      () => 'found',
      (error: unknown) => toDomainError(error).reason,
    );
    expect(Date.now() - startedAt).toBeLessThan(5000);
    return reason;
  };

  test('when it is away at the start, comes, goes and comes back, then reads fail as UNAVAILABLE just as long', async () => {
    expect(await reasonOfRead()).toBe('UNAVAILABLE');
    await line.open();
    await eventually(async () => expect(await reasonOfRead()).toBe('PRODUCT_NOT_FOUND'), 10_000);
    line.cut();
    expect(await reasonOfRead()).toBe('UNAVAILABLE');
    await line.open();
    await eventually(async () => expect(await reasonOfRead()).toBe('PRODUCT_NOT_FOUND'), 10_000);
  });
});
