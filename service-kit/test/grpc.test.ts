import { connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { products } from '@shop/proto';
import {
  createGrpcClient,
  currentUser,
  DomainError,
  type GrpcServiceConfig,
  KitModule,
  Logger,
  requestContext,
  runWithContext,
  ServiceTokens,
  startApp,
} from '../src';
import { channelCredentials, serverCredentials } from '../src/tls';
import { certificatesOf, eventually, freePort, SERVICE_SECRET, tlsFilesOf } from '../src/testing';

// What is not shed waits for two seconds.
const SHED_WITHIN_MS = 300;

let app: NestFastifyApplication;
let config: GrpcServiceConfig;
const calls: unknown[] = [];

@Controller()
class ProductsController {
  @GrpcMethod('ProductsService', 'GetProducts')
  getProducts({ ids }: { ids: string[] }): { items: { id: string }[] } {
    calls.push({ ids, caller: requestContext()?.caller, requestId: requestContext()?.requestId });
    return { items: ids.map((id) => ({ id })) };
  }

  @GrpcMethod('ProductsService', 'GetProduct')
  getProduct({ id }: { id: string }): never {
    const user = currentUser();
    if (id === 'boom') throw new Error('secret internals');
    if (id === 'foreign') throw new DomainError('NOT_FOUND', { concealed: 'product:foreign' });
    if (id === 'busy') throw new DomainError('UNAVAILABLE', { detail: 'too busy' });
    throw new DomainError('PRODUCT_NOT_FOUND', { data: { id, askedBy: user.id } });
  }

  @GrpcMethod('ProductsService', 'ArchiveProduct')
  archiveProduct(request: object): object {
    calls.push(request);
    return {};
  }

  @GrpcMethod('ProductsService', 'ListProducts')
  async listProducts(): Promise<never> {
    return new Promise(() => undefined);
  }
}

const aClient = (name: string, changes: { address?: string; callee?: string } = {}) =>
  createGrpcClient<products.ProductsServiceClient>({
    name: changes.callee ?? 'products-service',
    service: 'products',
    address: changes.address ?? `127.0.0.1:${config.GRPC_PORT}`,
    certificates: certificatesOf(name),
    tokens: new ServiceTokens(name, SERVICE_SECRET),
  });

beforeAll(async () => {
  config = {
    LOG_LEVEL: 'silent',
    TRACE_SAMPLE_RATIO: 0,
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 0,
    GRPC_HOST: '127.0.0.1',
    GRPC_PORT: await freePort(),
    GRPC_CONNECTION_AGE: 300_000,
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    JWT_SERVICE_SECRET: SERVICE_SECRET,
    SHUTDOWN_TIMEOUT: 5000,
    SHUTDOWN_DELAY: 1,
    ...tlsFilesOf('products-service'),
  };
  @Module({ imports: [KitModule.forRoot({ name: 'products-service', config })], controllers: [ProductsController] })
  class TestModule {}
  const allow = {
    GetProducts: ['orders-service', 'api-gateway'],
    GetProduct: ['api-gateway'],
    ListProducts: ['api-gateway'],
  };
  app = await startApp({
    name: 'products-service',
    module: TestModule,
    config,
    grpc: { contracts: ['products'], allow },
  });
});

afterAll(() => app.close());
beforeEach(() => calls.splice(0));

// Who else is refused, and how: each app's callers.test.ts.
describe('the door of a gRPC server', () => {
  it('when certificate and token are of an allowed caller, then it is let in, by its name', async () => {
    const client = aClient('orders-service');
    await client.getProducts({ ids: ['p1'] });
    client.close();
    expect(calls).toEqual([expect.objectContaining({ caller: 'orders-service' })]);
  });

  it('when a method is on nobody’s list, then nobody may call it', async () => {
    const client = aClient('api-gateway');
    await expect(client.archiveProduct({ id: 'p1' })).rejects.toMatchObject({ reason: 'FORBIDDEN' });
    client.close();
    expect(calls).toEqual([]);
  });
});

describe('the log of a gRPC server', () => {
  it.each([
    ['has no certificate', (port: number) => connectTls({ port, rejectUnauthorized: false, ALPNProtocols: ['h2'] })],
    ['does not speak TLS', (port: number) => connect(port).end('PRI * HTTP/2.0\r\n\r\n')],
  ])('when somebody %s, then it says from where', async (_what, reach) => {
    const said = jest.spyOn(app.get(Logger), 'security');
    const socket = reach(config.GRPC_PORT).on('error', () => undefined);
    await eventually(() =>
      expect(said.mock.calls).toEqual([
        ['handshake_failed', { code: expect.stringContaining('ERR_SSL'), ip: '127.0.0.1' }],
      ]),
    );
    socket.destroy();
    said.mockRestore();
  });

  it('when calls are answered, then each is a line with its caller, its code and its request', async () => {
    const lines: unknown[] = [];
    const said = jest
      .spyOn(app.get(Logger), 'info')
      .mockImplementation((fields, message) => void lines.push([fields, message, requestContext()?.requestId]));
    const client = aClient('api-gateway');
    const context = { requestId: 'request-1', user: { id: 'u1', role: 'customer' as const } };
    await runWithContext(context, () => client.getProducts({ ids: [] }));
    await runWithContext(context, () => client.getProduct({ id: 'p1' }).catch(() => undefined));
    client.close();
    said.mockRestore();
    const line = (grpcMethod: string, code?: string) => [
      { grpcMethod, code, caller: 'api-gateway', durationMs: expect.any(Number) },
      ...['call answered', 'request-1'],
    ];
    expect(lines).toEqual([line('GetProducts'), line('GetProduct', 'PRODUCT_NOT_FOUND')]);
  });

  it('when something is not for who asks, then it says so, and the answer does not', async () => {
    const said = jest.spyOn(app.get(Logger), 'security');
    const client = aClient('api-gateway');
    const context = { requestId: 'request-1', user: { id: 'u1', role: 'customer' as const } };
    const call = runWithContext(context, () => client.getProduct({ id: 'foreign' }));
    const error = await call.catch((refusal: DomainError) => refusal);
    expect(said.mock.calls).toEqual([['foreign_object_asked', { target: 'product:foreign' }]]);
    expect(error).toMatchObject({ reason: 'NOT_FOUND', concealed: undefined });
    client.close();
    said.mockRestore();
  });
});

describe('the client', () => {
  it('when it calls, then request id and user go along and answers are typed', async () => {
    const client = aClient('api-gateway');
    const context = { requestId: 'request-1', user: { id: 'u1', role: 'customer' as const } };
    const answer = await runWithContext(context, () => client.getProducts({ ids: ['p1', 'p2'] }));
    expect(answer.items.map(({ id }) => id)).toEqual(['p1', 'p2']);
    expect(calls).toEqual([{ ids: ['p1', 'p2'], caller: 'api-gateway', requestId: 'request-1' }]);
    await expect(runWithContext(context, () => client.getProduct({ id: 'p9' }))).rejects.toMatchObject({
      reason: 'PRODUCT_NOT_FOUND',
      data: { id: 'p9', askedBy: 'u1' },
    });
    client.close();
  });

  it('when the callee has a bug, then it is INTERNAL without its text', async () => {
    const client = aClient('api-gateway');
    const call = runWithContext({ requestId: 'request-1', user: { id: 'u1', role: 'admin' } }, () =>
      client.getProduct({ id: 'boom' }),
    );
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'INTERNAL' });
    expect(String((error as Error).cause)).not.toContain('secret internals');
    client.close();
  });

  it('when the answer does not come, then UNAVAILABLE at the deadline', async () => {
    const client = aClient('api-gateway');
    const startedAt = Date.now();
    const request = {} as products.ListProductsRequest;
    await expect(client.listProducts(request, { timeoutMs: 300 })).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(Date.now() - startedAt).toBeLessThan(2000);
    client.close();
  });

  it('when the server has another name than the one meant, then nothing is sent', async () => {
    const client = aClient('api-gateway', { callee: 'users-service' });
    await expect(client.getProducts({ ids: [] })).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(calls).toEqual([]);
    client.close();
  });

  it('when the callee answers that it is busy, again and again, then other calls still get through', async () => {
    const client = aClient('api-gateway');
    const context = { requestId: 'request-1', user: { id: 'u1', role: 'admin' as const } };
    const busy = () => runWithContext(context, () => client.getProduct({ id: 'busy' }));
    for (let i = 0; i < 8; i++) await expect(busy()).rejects.toMatchObject({ detail: 'too busy' });
    expect((await client.getProducts({ ids: ['p1'] })).items).toHaveLength(1);
    client.close();
  });

  it('when callers come with no time left, again and again, then others still get through', async () => {
    const client = aClient('api-gateway');
    const late = { requestId: 'request-1', deadline: Date.now() - 1 };
    const tooLate = () => runWithContext(late, () => client.getProducts({ ids: [] }));
    for (let i = 0; i < 8; i++) await expect(tooLate()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect((await client.getProducts({ ids: ['p1'] })).items).toHaveLength(1);
    client.close();
  });

  it('when nobody listens, then it sheds at once after some failures', async () => {
    const client = aClient('api-gateway', { address: `127.0.0.1:${await freePort()}` });
    for (let i = 0; i < 6; i++) await client.getProducts({ ids: [] }).catch(() => undefined);
    const startedAt = performance.now();
    await expect(client.getProducts({ ids: [] })).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(SHED_WITHIN_MS);
    client.close();
  });

  it('when a callee hangs for longer than its callers have time, then that does not count against it', async () => {
    const client = aClient('api-gateway');
    const hurried = () => ({ requestId: 'request-1', deadline: Date.now() + 100 });
    const request = {} as products.ListProductsRequest;
    for (let i = 0; i < 6; i++) {
      await expect(runWithContext(hurried(), () => client.listProducts(request))).rejects.toMatchObject({
        reason: 'UNAVAILABLE',
      });
    }
    expect((await client.getProducts({ ids: ['p1'] })).items).toHaveLength(1);
    client.close();
  });

  it('when it half-opens and the callee is frozen, then one probe waits a moment, and all others are shed at once', async () => {
    const frozen = await aFrozenServer();
    const client = aClient('api-gateway', { address: `127.0.0.1:${frozen.port}` });
    const call = async () => {
      const startedAt = performance.now();
      await expect(client.getProducts({ ids: [] }, { timeoutMs: 2000 })).rejects.toMatchObject({
        reason: 'UNAVAILABLE',
      });
      return performance.now() - startedAt;
    };
    await Promise.all(
      Array.from({ length: 5 }, () => client.getProducts({ ids: [] }, { timeoutMs: 100 }).catch(() => 0)),
    );
    await pause(1100);
    const tookMs = (await Promise.all(Array.from({ length: 10 }, call))).sort((a, b) => a - b);
    expect(tookMs[8]).toBeLessThan(SHED_WITHIN_MS);
    expect(tookMs[9]).toBeLessThan(1500);
    client.close();
    frozen.close();
  });
});

it.each(['TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE'])(
  'when %s cannot be read at the start, then there are no credentials at all, and not a fallback to plaintext',
  (variable) => {
    const files = { ...tlsFilesOf('api-gateway'), [variable]: '/does/not/exist' };
    expect(() => channelCredentials(certificatesOf('api-gateway', files))).toThrow(`${variable} names /does/not/exist`);
    expect(() => serverCredentials(certificatesOf('api-gateway', files))).toThrow(`${variable} names /does/not/exist`);
  },
);

/** Takes connections and says nothing, as a stopped process does. */
async function aFrozenServer() {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Nobody reads from them, so they would never hear that the client has gone.
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as { port: number }).port, close };
}
