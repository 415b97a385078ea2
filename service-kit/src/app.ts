import 'reflect-metadata';
import type { Server } from 'node:http';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyHttpOptions, FastifyRequest } from 'fastify';
import type { HealthImplementation } from 'grpc-health-check';
import { Certificates } from './certificates';
import type { GrpcServiceConfig, ServiceConfig } from './config';
import { ErrorFilter } from './error.filter';
import { type CallerAllowList, GrpcCallInterceptor } from './grpc-call.interceptor';
import type { ContractName } from './grpc-contracts';
import { grpcServerOptions } from './grpc-server';
import { Logger } from './logger';
import { measureHttp } from './measure-http';
import { NestLines } from './nest-lines';
import { openGrpcWhenReady } from './open-grpc-when-ready';
import {
  contextOf,
  keepContext,
  type RequestContext,
  requestIdFrom,
  runWithContext,
  traceparentFrom,
} from './request-context';
import { ServiceTokens } from './service-tokens';
import { sendClientsAwayWhenStopping, stopOnSignal } from './shutdown';
import { againInSpan, inSpanOfRequest, startTracing, traceparentOf } from './trace';
import { validationPipe } from './validation';

/** Connections that wait to be taken. What finds no place comes again after 1, 3 and 7 s, which looks like an app that hangs. */
const BACKLOG = 4096;

export interface AppOptions {
  readonly name: string;
  readonly module: Type | DynamicModule;
  readonly config: ServiceConfig;
  readonly grpc?: { readonly contracts: readonly ContractName[]; readonly allow: CallerAllowList };
  readonly fastify?: FastifyHttpOptions<Server>;
  /** Its HTTP port is for everybody. */
  readonly isPublic?: boolean;
  /** Calls made for an HTTP request end this long after it came, in milliseconds. */
  readonly requestDeadlineMs?: (request: FastifyRequest) => number;
  /** The last word on the HTTP side, before it listens. */
  readonly http?: (app: NestFastifyApplication) => void | Promise<void>;
}

/** Runs an app until SIGTERM or SIGINT; then readiness goes first, what has begun is finished, and the process exits 0. */
export async function runService(options: AppOptions): Promise<void> {
  try {
    const { app, grpcHealth } = await create(options);
    const { name, config, isPublic = false } = options;
    startTracing({ name, config, isPublic, logger: app.get(Logger) });
    const openGrpc = options.grpc && openGrpcWhenReady(app);
    await listen(app, options);
    stopOnSignal(app, config, grpcHealth);
    await openGrpc?.();
  } catch (error) {
    process.stderr.write(`${options.name} cannot start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

/** As runService, without signals and without waiting for stores: for tests, which stop it with `app.close()`. */
export async function startApp(options: AppOptions): Promise<NestFastifyApplication> {
  const { app } = await create(options);
  try {
    await app.startAllMicroservices();
    await listen(app, options);
    return app;
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function create(
  options: AppOptions,
): Promise<{ app: NestFastifyApplication; grpcHealth?: HealthImplementation }> {
  const adapter = new FastifyAdapter({
    forceCloseConnections: 'idle',
    // What still comes while stopping is answered like anything else: this process has not gone yet.
    return503OnClosing: false,
    bodyLimit: 100 * 1024,
    ...options.fastify,
  });
  const app = await NestFactory.create<NestFastifyApplication>(options.module, adapter, {
    bufferLogs: true,
    abortOnError: false,
  });
  const logger = app.get(Logger);
  app.useLogger(new NestLines(logger));
  app.useGlobalFilters(new ErrorFilter(logger));
  app.useGlobalPipes(validationPipe());
  measureHttp(app.getHttpAdapter().getInstance());
  carryRequestContext(app, options.requestDeadlineMs);
  sendClientsAwayWhenStopping(app);
  const grpcHealth = options.grpc && connectGrpc(app, options.grpc, options.config as GrpcServiceConfig);
  await options.http?.(app);
  return { app, grpcHealth };
}

async function listen(app: NestFastifyApplication, { name, config }: AppOptions): Promise<void> {
  await app.listen({ port: config.HTTP_PORT, host: config.HTTP_HOST, backlog: BACKLOG });
  app.get(Logger).info({ port: config.HTTP_PORT }, `${name} is running`);
}

function connectGrpc(
  app: NestFastifyApplication,
  grpc: NonNullable<AppOptions['grpc']>,
  config: GrpcServiceConfig,
): HealthImplementation {
  app.useGlobalInterceptors(new GrpcCallInterceptor(app.get(ServiceTokens), grpc.allow, app.get(Logger)));
  const { options, health } = grpcServerOptions(grpc.contracts, config, {
    certificates: app.get(Certificates),
    logger: app.get(Logger),
  });
  app.connectMicroservice(options, { inheritAppConfig: true });
  return health;
}

// Two hooks: the first sees every request, the second restores what reading the body from the socket may have lost.
function carryRequestContext(app: NestFastifyApplication, deadlineMs: AppOptions['requestDeadlineMs']): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (request, reply, done) =>
    inSpanOfRequest(request, reply, () => {
      const requestId = requestIdFrom(request.headers['x-request-id']);
      const context: RequestContext = {
        requestId,
        traceparent: traceparentOf(requestId, traceparentFrom(request.headers.traceparent)),
        clientAddress: request.ip,
        deadline: deadlineMs && Date.now() + deadlineMs(request),
      };
      keepContext(request.raw, context);
      void reply.header('x-request-id', requestId);
      runWithContext(context, done);
    }),
  );
  fastify.addHook('preValidation', (request, _reply, done) => {
    const context = contextOf(request.raw);
    if (context) againInSpan(request, () => runWithContext(context, done));
    else done();
  });
}
