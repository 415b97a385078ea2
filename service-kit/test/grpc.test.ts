import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { ChannelCredentials, Client, Metadata, type ServiceError, status as Grpc } from '@grpc/grpc-js';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { products } from '@shop/proto';
import jwt from 'jsonwebtoken';
import {
  createGrpcClient,
  currentUser,
  DomainError,
  type GrpcServiceConfig,
  KitModule,
  requestContext,
  runWithContext,
  ServiceTokens,
  startApp,
} from '../src';
import { channelCredentials, type TlsFiles } from '../src/tls';
import { freePort, tlsFilesOf } from '../src/testing';
import { foreignCertificate } from './certificates';

const SECRET = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';
const METHOD = '/shop.products.v1.ProductsService/GetProducts';
let app: NestFastifyApplication;
let config: GrpcServiceConfig;
let foreign: TlsFiles;
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
    if (id === 'busy') throw new DomainError('UNAVAILABLE', { detail: 'too busy' });
    throw new DomainError('PRODUCT_NOT_FOUND', { data: { id, askedBy: user.id } });
  }

  @GrpcMethod('ProductsService', 'ListProducts')
  async listProducts(): Promise<never> {
    return new Promise(() => undefined);
  }
}

const tokenOf = (caller: string, audience = 'products-service') => new ServiceTokens(caller, SECRET).issue(audience);

/** One call of GetProducts with exactly these credentials; resolves to its status code. */
function rawCall(credentials: ChannelCredentials, token?: string) {
  const client = rawClient(credentials);
  return callOver(client, token).finally(() => client.close());
}

function rawClient(credentials: ChannelCredentials): Client {
  const target = `127.0.0.1:${config.GRPC_PORT}`;
  return new Client(target, credentials, { 'grpc.ssl_target_name_override': 'products-service' });
}

function callOver(client: Client, token?: string): Promise<Grpc> {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  return new Promise((resolve) => {
    const nothing = () => Buffer.alloc(0);
    const done = (error: ServiceError | null) => resolve(error ? error.code : Grpc.OK);
    client.makeUnaryRequest(METHOD, nothing, nothing, {}, metadata, { deadline: Date.now() + 3000 }, done);
  });
}

const aClient = (name: string, changes: { address?: string; callee?: string } = {}) =>
  createGrpcClient<products.ProductsServiceClient>({
    name: changes.callee ?? 'products-service',
    service: 'products',
    address: changes.address ?? `127.0.0.1:${config.GRPC_PORT}`,
    config: tlsFilesOf(name),
    tokens: new ServiceTokens(name, SECRET),
  });

beforeAll(async () => {
  foreign = await foreignCertificate('orders-service');
  config = {
    LOG_LEVEL: 'silent',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: 0,
    GRPC_HOST: '127.0.0.1',
    GRPC_PORT: await freePort(),
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    JWT_SERVICE_SECRET: SECRET,
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

describe('the door of a gRPC server', () => {
  it('when certificate and token are of an allowed caller, then it is let in', async () => {
    expect(await rawCall(channelCredentials(tlsFilesOf('orders-service')), tokenOf('orders-service'))).toBe(Grpc.OK);
    expect(calls).toEqual([expect.objectContaining({ caller: 'orders-service' })]);
  });

  it.each<[string, () => ChannelCredentials]>([
    ['plaintext', () => ChannelCredentials.createInsecure()],
    ['TLS without a client certificate', () => ChannelCredentials.createSsl(channelRoots())],
    ['a certificate of another CA', () => channelCredentials(foreign)],
  ])('when it is %s, then there is no connection', async (_what, credentials) => {
    expect(await rawCall(credentials(), tokenOf('orders-service'))).toBe(Grpc.UNAVAILABLE);
    expect(calls).toEqual([]);
  });

  it.each<[string, string | undefined]>([
    ['no token', undefined],
    ['an empty token', ''],
    ['a token for another app', tokenOf('orders-service', 'users-service')],
    ["another caller's token", tokenOf('api-gateway')],
    ['an expired token', expiredToken()],
    ['a token of another secret', new ServiceTokens('orders-service', 'another'.repeat(6)).issue('products-service')],
  ])('when it is %s, then it is UNAUTHENTICATED', async (_what, token) => {
    expect(await rawCall(channelCredentials(tlsFilesOf('orders-service')), token)).toBe(Grpc.UNAUTHENTICATED);
    expect(calls).toEqual([]);
  });

  it("when a connection that was let in brings another caller's token, then it is UNAUTHENTICATED", async () => {
    const client = rawClient(channelCredentials(tlsFilesOf('orders-service')));
    expect(await callOver(client, tokenOf('orders-service'))).toBe(Grpc.OK);
    expect(await callOver(client, tokenOf('api-gateway'))).toBe(Grpc.UNAUTHENTICATED);
    expect(await callOver(client, tokenOf('orders-service'))).toBe(Grpc.OK);
    client.close();
    expect(calls).toHaveLength(2);
  });

  it('when the caller is not on the list of the method, then it is PERMISSION_DENIED', async () => {
    expect(await rawCall(channelCredentials(tlsFilesOf('users-service')), tokenOf('users-service'))).toBe(
      Grpc.PERMISSION_DENIED,
    );
    expect(calls).toEqual([]);
  });

  it('when a method is on nobody’s list, then nobody may call it', async () => {
    const client = aClient('api-gateway');
    await expect(client.archiveProduct({ id: 'p1' })).rejects.toMatchObject({ reason: expect.any(String) });
    client.close();
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
    expect(performance.now() - startedAt).toBeLessThan(100);
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
    expect(tookMs[8]).toBeLessThan(100);
    expect(tookMs[9]).toBeLessThan(1500);
    client.close();
    frozen.close();
  });
});

it('when a certificate file is missing, then the client does not fall back to plaintext', () => {
  expect(() => channelCredentials({ ...tlsFilesOf('api-gateway'), TLS_KEY_FILE: '/does/not/exist' })).toThrow(
    'TLS_KEY_FILE',
  );
});

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

function channelRoots(): Buffer {
  return readFileSync(tlsFilesOf('api-gateway').TLS_CA_FILE);
}

function expiredToken(): string {
  const iat = Math.floor(Date.now() / 1000) - 120;
  const claims = { typ: 'service', iss: 'orders-service', sub: 'orders-service', aud: 'products-service' };
  return jwt.sign({ ...claims, iat, exp: iat + 60 }, SECRET);
}
