import dns from 'node:dns';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { products } from '@shop/proto';
import { createGrpcClient, KitModule, ServiceTokens, startApp } from '../src';
import { certificatesOf, SERVICE_SECRET, serviceSettings } from '../src/testing';

const PATIENCE_MS = 4_000;
let app: NestFastifyApplication;
let port: number;

@Controller()
class ProductsController {
  @GrpcMethod('ProductsService', 'GetProducts')
  getProducts({ ids }: { ids: string[] }): { items: { id: string }[] } {
    return { items: ids.map((id) => ({ id })) };
  }
}

beforeAll(async () => {
  const config = {
    ...(await serviceSettings('products-service')),
    LOG_LEVEL: 'silent' as const,
    TRACE_SAMPLE_RATIO: 0,
    HTTP_HOST: '127.0.0.1',
    GRPC_HOST: '127.0.0.1',
    SHUTDOWN_TIMEOUT: 5000,
    SHUTDOWN_DELAY: 1,
  };
  port = config.GRPC_PORT;
  @Module({ imports: [KitModule.forRoot({ name: 'products-service', config })], controllers: [ProductsController] })
  class TestModule {}
  const grpc = { contracts: ['products' as const], allow: { GetProducts: ['api-gateway'] } };
  app = await startApp({ name: 'products-service', module: TestModule, config, grpc });
});

afterAll(() => app.close());

it('when the callee comes back at another address, as a container does, then it is found there within seconds', async () => {
  // Nothing listens at the old address: what a name server says until it has noticed.
  const answers = [{ address: '::1', family: 6 }];
  const lookup = jest.spyOn(dns.promises, 'lookup').mockImplementation((async () => answers) as never);
  const client = createGrpcClient<products.ProductsServiceClient>({
    name: 'products-service',
    service: 'products',
    address: `dns:///products.test:${port}`,
    certificates: certificatesOf('api-gateway'),
    tokens: new ServiceTokens('api-gateway', SERVICE_SECRET),
  });
  const ask = () => client.getProducts({ ids: ['a'] });
  await expect(ask()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
  answers.splice(0, 1, { address: '127.0.0.1', family: 4 });
  const moved = Date.now();
  while (Date.now() - moved < PATIENCE_MS && (await ask().catch(() => undefined)) === undefined) await pause(50);
  expect(await ask()).toEqual({ items: [expect.objectContaining({ id: 'a' })] });
  client.close();
  lookup.mockRestore();
});
