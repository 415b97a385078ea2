import type { DynamicModule, FactoryProvider, Provider } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { startApp } from '../app';
import type { GrpcServiceConfig } from '../config';
import { EventBus } from '../event-bus';
import type { CallerAllowList } from '../grpc-call.interceptor';
import { createGrpcClient, type Promises } from '../grpc-client';
import type { ContractName } from '../grpc-contracts';
import { ServiceTokens } from '../service-tokens';
import { freePort } from './free-port';
import type { InMemoryEventBus } from './in-memory-event-bus';
import { certificatesOf, tlsFilesOf } from './stores';

export const SERVICE_SECRET = 'kJ8s0fQm2xVb7nRt4yLw9pZc1dHg6aEu3iOo5rTq=';

/** What every service's configuration needs beside its store; there is no broker. */
export async function serviceSettings(name: string) {
  return {
    LOG_LEVEL: 'silent',
    HTTP_PORT: 0,
    GRPC_PORT: await freePort(),
    RABBITMQ_URL: 'amqp://127.0.0.1:1',
    JWT_SERVICE_SECRET: SERVICE_SECRET,
    ...tlsFilesOf(name),
  };
}

interface Service {
  readonly contract: ContractName;
  readonly module: DynamicModule;
  readonly config: GrpcServiceConfig;
  readonly allow: CallerAllowList;
}

export interface RunningService<C> {
  readonly app: NestFastifyApplication;
  readonly http: string;
  /** The service as another app sees it. */
  readonly clientOf: (caller: string) => Promises<C>;
  /** Once is enough, more do no harm. */
  readonly stop: () => Promise<void>;
}

/** A service as it runs, over mutual TLS. */
export async function runUnderTest<C extends object>(service: Service): Promise<RunningService<C>> {
  const { contract, module, config, allow } = service;
  const name = `${contract}-service`;
  const app = await startApp({ name, module, config, grpc: { contracts: [contract], allow } });
  const clients: Promises<C>[] = [];
  const clientOf = (caller: string) => {
    const address = `127.0.0.1:${config.GRPC_PORT}`;
    const tokens = new ServiceTokens(caller, config.JWT_SERVICE_SECRET);
    const client = createGrpcClient<C>({
      name,
      service: contract,
      address,
      certificates: certificatesOf(caller),
      tokens,
    });
    clients.push(client);
    return client;
  };
  let stopped: Promise<void> | undefined;
  const stopNow = async () => {
    for (const client of clients) client.close();
    await app.close();
  };
  const http = (await app.getUrl()).replace('[::1]', '127.0.0.1');
  return { app, http, clientOf, stop: () => (stopped ??= stopNow()) };
}

/** An app's module with memory in place of the broker. */
export function onBus(module: DynamicModule, bus: InMemoryEventBus): DynamicModule {
  const imports = module.imports?.map((each) => {
    const imported = each as DynamicModule;
    return imported.providers
      ? { ...imported, providers: replaceProvider(imported, EventBus, { useValue: bus }) }
      : each;
  });
  return { ...module, imports };
}

/** The module's own providers, one of them replaced. */
export function replaceProvider(
  { providers = [] }: DynamicModule,
  token: FactoryProvider['provide'],
  replacement: { useValue: unknown } | { useClass: new (...args: never[]) => unknown },
): Provider[] {
  return providers.map((provider) =>
    (provider as FactoryProvider).provide === token ? ({ provide: token, ...replacement } as Provider) : provider,
  );
}
