import { connect, createServer, type Server, type Socket } from 'node:net';
import { Test, type TestingModule } from '@nestjs/testing';
import { EventBus, InMemoryEventBus, toDomainError } from '@shop/service-kit';
import { AppModule } from '../src/app.module';
import { ProductsController } from '../src/catalog/products.controller';
import { aConfig, databaseUri, eventually } from './support';

/** Stands between the app and the server, so that the server can "go away". */
class Line {
  private server?: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    readonly port: number,
    private readonly target: URL,
  ) {}

  async open(): Promise<void> {
    this.server = createServer((inside) => {
      const outside = connect(Number(this.target.port || 27017), this.target.hostname);
      for (const socket of [inside, outside]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }
      inside.on('close', () => outside.destroy()).pipe(outside);
      outside.on('close', () => inside.destroy()).pipe(inside);
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
  }

  cut(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('a database that comes and goes', () => {
  let line: Line;
  let app: TestingModule;
  let controller: ProductsController;

  beforeAll(async () => {
    const target = new URL(databaseUri());
    line = new Line(await freePort(), target);
    const away = new URL(target);
    away.host = `127.0.0.1:${line.port}`;
    app = await Test.createTestingModule({ imports: [AppModule.forRoot(aConfig({ MONGODB_URI: away.toString() }))] })
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
    expect(Date.now() - startedAt).toBeLessThan(3000);
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
