import dns from 'node:dns';
import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { products } from '@shop/proto';
import { createGrpcClient, type GrpcServiceConfig, KitModule, ServiceTokens, startApp } from '../src';
import { certificatesOf, freePort, SERVICE_SECRET, serviceSettings } from '../src/testing';

const CONNECTION_AGE_MS = 400;
const PATIENCE_MS = 10 * CONNECTION_AGE_MS;
const apps: NestFastifyApplication[] = [];

afterEach(() => Promise.all(apps.splice(0).map((app) => app.close())));

async function startAt(host: string, port: number): Promise<void> {
  const name = 'products-service';
  const settings = await serviceSettings(name);
  const config = {
    ...settings,
    HTTP_HOST: '127.0.0.1',
    GRPC_HOST: host,
    GRPC_PORT: port,
    GRPC_CONNECTION_AGE: CONNECTION_AGE_MS,
    SHUTDOWN_TIMEOUT: 5000,
    SHUTDOWN_DELAY: 1,
  } as GrpcServiceConfig;
  @Controller()
  class ProductsController {
    @GrpcMethod('ProductsService', 'GetProducts')
    getProducts(): { items: { id: string }[] } {
      return { items: [{ id: host }] };
    }
  }
  @Module({ imports: [KitModule.forRoot({ name, config })], controllers: [ProductsController] })
  class TestModule {}
  const grpc = { contracts: ['products' as const], allow: { GetProducts: ['api-gateway'] } };
  apps.push(await startApp({ name, module: TestModule, config, grpc }));
}

it('when an instance is added while the others do well, then it is called too, and no call fails for it', async () => {
  const port = await freePort();
  await startAt('127.0.0.1', port);
  const addresses = [{ address: '127.0.0.1', family: 4 }];
  const lookup = jest.spyOn(dns.promises, 'lookup').mockImplementation((async () => addresses) as never);
  const client = createGrpcClient<products.ProductsServiceClient>({
    name: 'products-service',
    service: 'products',
    address: `dns:///products.test:${port}`,
    certificates: certificatesOf('api-gateway'),
    tokens: new ServiceTokens('api-gateway', SERVICE_SECRET),
  });
  const whoAnswers = async () => (await client.getProducts({ ids: ['a'] })).items[0]?.id;
  expect(await whoAnswers()).toBe('127.0.0.1');

  await startAt('127.0.0.2', port);
  addresses.push({ address: '127.0.0.2', family: 4 });
  const added = Date.now();
  while ((await whoAnswers()) !== '127.0.0.2') {
    expect(Date.now() - added).toBeLessThan(PATIENCE_MS);
    await pause(10);
  }
  client.close();
  lookup.mockRestore();
});
