import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { HealthImplementation } from 'grpc-health-check';
import type { ServiceConfig } from './config';
import { Health } from './health';
import { Logger } from './logger';
import { stopTracing } from './trace';

/**
 * The order of leaving. At the signal: not ready any more, and everything is still served until load balancers have
 * noticed. Then, as Nest calls its hooks: consumers (onModuleDestroy), background work (beforeApplicationShutdown), HTTP and
 * gRPC servers with what they have in hand, relays with a last round, and connections (onApplicationShutdown).
 */
export function stopOnSignal(app: NestFastifyApplication, config: ServiceConfig, grpc?: HealthImplementation): void {
  const stop = (signal: string) => {
    const health = app.get(Health);
    if (health.stopping) return;
    health.startShutdown();
    grpc?.setStatus('', 'NOT_SERVING');
    app.get(Logger).info({ signal }, 'stopping');
    void leave(app, config);
  };
  // Not `once`: a second signal would end the process in the middle of what it finishes.
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

/** Clients that keep their connection learn with the next answer that they need another one. */
export function sendClientsAwayWhenStopping(app: NestFastifyApplication): void {
  const health = app.get(Health);
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onSend', async (_request, reply) => {
    if (health.stopping) void reply.header('connection', 'close');
  });
}

/** Of the time that stopping may take, what work under way may take, in milliseconds; the rest closes connections. */
export function patienceOf({ SHUTDOWN_TIMEOUT }: Pick<ServiceConfig, 'SHUTDOWN_TIMEOUT'>): number {
  return SHUTDOWN_TIMEOUT * 0.6;
}

async function leave(app: NestFastifyApplication, config: ServiceConfig): Promise<void> {
  const logger = app.get(Logger);
  const timeoutMs = config.SHUTDOWN_TIMEOUT;
  const force = setTimeout(() => {
    logger.error({ timeoutMs }, 'shutdown took too long, leaving');
    process.exit(1);
  }, timeoutMs);
  await new Promise((resolve) => setTimeout(resolve, config.SHUTDOWN_DELAY));
  try {
    await app.close();
    await stopTracing();
  } catch (error) {
    logger.error({ err: error }, 'shutdown was not clean');
  }
  clearTimeout(force);
  process.exit(0);
}
