import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Module } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { products } from '@shop/proto';
import { createGrpcClient, DomainError, KitModule, type Promises, ServiceTokens, startApp } from '../src';
import {
  certificatesOf,
  eventually,
  freePort,
  Line,
  metricsOfThisProcess,
  SERVICE_SECRET,
  serviceSettings,
  sumOf,
} from '../src/testing';

const WRITE = { timeoutMs: 300 };
const ASKED_AGAIN_AFTER_MS = 500;
// What is not shed is asked again, or waits until its deadline.
const SHED_WITHIN_MS = 450;
const SLOW = 'slow';
const KEEPALIVE_MS = 10_000;

@Controller()
class ProductsController {
  @GrpcMethod('ProductsService', 'GetProducts')
  async getProducts({ ids }: { ids: string[] }): Promise<{ items: { id: string }[] }> {
    asked.push(...ids);
    if (ids.includes(SLOW)) await pause(2 * ASKED_AGAIN_AFTER_MS);
    return { items: ids.map((id) => ({ id })) };
  }

  @GrpcMethod('ProductsService', 'GetProduct')
  getProduct(): never {
    throw new DomainError('PRODUCT_NOT_FOUND');
  }

  @GrpcMethod('ProductsService', 'ArchiveProduct')
  async archiveProduct({ id }: { id: string }): Promise<object> {
    if (id === SLOW) await pause(2 * ASKED_AGAIN_AFTER_MS);
    return {};
  }
}

let asked: string[];
let apps: NestFastifyApplication[];
let lines: Line[];
let client: Promises<products.ProductsServiceClient>;
let connectedAt: number;

beforeEach(async () => {
  asked = [];
  const ports = [await freePort(), await freePort()];
  apps = await Promise.all(ports.map(anInstance));
  lines = await Promise.all(ports.map((port) => Line.to(`tcp://127.0.0.1:${port}`)));
  await Promise.all(lines.map((line) => line.open()));
  client = aClientOf(lines);
  connectedAt = performance.now();
  // Until there is a connection to both.
  await pause(300);
  await times(4, read);
});

afterEach(async () => {
  client.close();
  for (const line of lines) line.cut();
  await Promise.all(apps.map((app) => app.close()));
});

function aClientOf(instances: Line[]): Promises<products.ProductsServiceClient> {
  return createGrpcClient({
    name: 'products-service',
    service: 'products',
    address: instances.map((line) => new URL(line.through('tcp://instance:1')).host).join(','),
    certificates: certificatesOf('api-gateway'),
    tokens: new ServiceTokens('api-gateway', SERVICE_SECRET),
  });
}

async function anInstance(port: number): Promise<NestFastifyApplication> {
  const name = 'products-service';
  const config = {
    ...(await serviceSettings(name)),
    LOG_LEVEL: 'silent' as const,
    TRACE_SAMPLE_RATIO: 0,
    HTTP_HOST: '127.0.0.1',
    GRPC_HOST: '127.0.0.1',
    GRPC_PORT: port,
    SHUTDOWN_TIMEOUT: 5000,
    SHUTDOWN_DELAY: 1,
  };
  @Module({ imports: [KitModule.forRoot({ name, config })], controllers: [ProductsController] })
  class TestModule {}
  const allow = { GetProducts: ['api-gateway'], GetProduct: ['api-gateway'], ArchiveProduct: ['api-gateway'] };
  return startApp({ name, module: TestModule, config, grpc: { contracts: ['products'], allow } });
}

const read = () => client.getProducts({ ids: ['p1'] });
const write = () => client.archiveProduct({ id: 'p1' }, WRITE);
// Not lost, even if this process stands still for a moment.
const patientWrite = () => client.archiveProduct({ id: 'p1' });

function times<T>(count: number, work: () => Promise<T>): Promise<PromiseSettledResult<T>[]> {
  return Promise.allSettled(Array.from({ length: count }, work));
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

const metric = async (name: string) => sumOf(await metricsOfThisProcess(), name, { service: 'products-service' });

const failuresOf = (results: PromiseSettledResult<unknown>[]) => results.filter(({ status }) => status === 'rejected');

it('when one of two instances freezes, then reads are answered all the same, and soon by the other one alone', async () => {
  lines[0]?.freeze();
  const until = Date.now() + 3500;
  const reader = async (): Promise<void> => {
    for (; Date.now() < until; await pause(20)) await read();
  };
  expect(failuresOf(await times(10, reader))).toEqual([]);
  for (let i = 0; i < 10; i++) expect(await timeOf(read)).toBeLessThan(ASKED_AGAIN_AFTER_MS);
});

it('when one of two instances freezes, then writes that it took are lost, but nobody else is shed', async () => {
  lines[0]?.freeze();
  expect(failuresOf(await times(20, write)).length).toBeGreaterThanOrEqual(5);
  expect(failuresOf(await times(30, read))).toEqual([]);
});

it('when one of two instances dies with writes in its hands, then nobody else is shed', async () => {
  lines[0]?.freeze();
  const writes = times(20, write);
  await pause(100);
  lines[0]?.cut();
  expect(failuresOf(await writes).length).toBeGreaterThanOrEqual(5);
  expect(failuresOf(await times(30, read))).toEqual([]);
  expect(failuresOf(await times(10, patientWrite))).toEqual([]);
});

it('when one of two instances hung for a while and then the other one dies, then it is asked again at once', async () => {
  lines[0]?.freeze();
  expect(failuresOf(await times(20, write)).length).toBeGreaterThanOrEqual(5);
  await pause(1200);
  lines[0]?.thaw();
  lines[1]?.cut();
  expect(failuresOf(await times(30, read))).toEqual([]);
  expect(failuresOf(await times(10, patientWrite))).toEqual([]);
});

it.each([0, 1])(
  'when many have been refused and then instance %i dies, then the other one still answers',
  async (dying) => {
    const until = Date.now() + 3000;
    const asker = async (): Promise<void> => {
      for (; Date.now() < until; await pause(20)) {
        await expect(client.getProduct({ id: 'unknown' })).rejects.toMatchObject({ reason: 'PRODUCT_NOT_FOUND' });
      }
    };
    expect(failuresOf(await times(3, asker))).toEqual([]);
    lines[dying]?.cut();
    expect(failuresOf(await times(30, read))).toEqual([]);
  },
);

it('when one of several instances is slow, then reads are asked again, but not when it is the only one', async () => {
  const alone = aClientOf(lines.slice(0, 1));
  await alone.getProducts({ ids: [SLOW] });
  expect(asked.filter((id) => id === SLOW)).toHaveLength(1);
  alone.close();
  const repeats = (await metric('grpc_client_repeats_total')) ?? 0;
  await client.getProducts({ ids: [SLOW] });
  expect(asked.filter((id) => id === SLOW)).toHaveLength(1 + 3);
  expect(await metric('grpc_client_repeats_total')).toBe(repeats + 2);
});

it('when connections are drained while their keepalive is due, then the calls on them are finished', async () => {
  await pause(connectedAt + KEEPALIVE_MS - ASKED_AGAIN_AFTER_MS - performance.now());
  const underWay = times(4, () => client.archiveProduct({ id: SLOW }, { timeoutMs: 3000 }));
  await pause(100);
  const closed = Promise.all(apps.map((app) => app.close()));
  expect(failuresOf(await underWay)).toEqual([]);
  await closed;
});

it('when both are away, then calls are shed at once, and the breaker is shown as open until they are back', async () => {
  expect(await metric('grpc_client_breaker_open')).toBe(0);
  for (const line of lines) line.cut();
  await times(10, read);
  const tookMs = await timeOf(() => expect(read()).rejects.toMatchObject({ reason: 'UNAVAILABLE' }));
  expect(tookMs).toBeLessThan(SHED_WITHIN_MS);
  expect(await metric('grpc_client_breaker_open')).toBe(1);
  await Promise.all(lines.map((line) => line.open()));
  await eventually(read);
  expect(await metric('grpc_client_breaker_open')).toBe(0);
});

it('when both freeze, then calls are shed at once after a few seconds', async () => {
  for (const line of lines) line.freeze();
  await pause(3000);
  await times(10, write);
  const tookMs = await timeOf(() => expect(read()).rejects.toMatchObject({ reason: 'UNAVAILABLE' }));
  expect(tookMs).toBeLessThan(SHED_WITHIN_MS);
});
