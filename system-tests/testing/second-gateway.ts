import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { eventually, freePort } from '@shop/service-kit/testing';
import type { System } from './system';

const FOLDER = join(__dirname, '..', '..', 'api-gateway');
const READY_WITHIN = 20_000;

/** One more gateway for a running system, with variables of its own. */
export class SecondGateway {
  private constructor(
    private readonly server: ChildProcess,
    readonly url: string,
  ) {}

  static async start(system: System, env: Record<string, string> = {}): Promise<SecondGateway> {
    const port = await freePort();
    const server = spawn(process.execPath, ['dist/main.js'], {
      cwd: FOLDER,
      env: { ...environmentOf(system), HTTP_PORT: String(port), ...env },
      stdio: 'ignore',
    });
    const gateway = new SecondGateway(server, `http://127.0.0.1:${port}`);
    await eventually(async () => (await fetch(`${gateway.url}/health/ready`)).ok, READY_WITHIN);
    return gateway;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.server.once('exit', resolve));
    this.server.kill('SIGTERM');
    await ended;
  }
}

function environmentOf(system: System): Record<string, string | undefined> {
  const { processes, tls } = system.state();
  const { redis, rabbitmq } = system.stores();
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HTTP_HOST: '127.0.0.1',
    RABBITMQ_URL: rabbitmq.urls['api-gateway'],
    RABBITMQ_CA_FILE: rabbitmq.caFile,
    REDIS_HOST: redis.host,
    REDIS_PORT: String(redis.port),
    REDIS_USERNAME: redis.username,
    REDIS_PASSWORD: redis.password,
    REDIS_TLS: 'true',
    REDIS_CA_FILE: redis.caFile,
    USERS_GRPC_URL: `127.0.0.1:${processes['users-service'].grpc}`,
    PRODUCTS_GRPC_URL: `127.0.0.1:${processes['products-service'].grpc}`,
    ORDERS_GRPC_URL: `127.0.0.1:${processes['orders-service'].grpc}`,
    TLS_CA_FILE: tls.ca,
    TLS_CERT_FILE: join(tls.certs, 'api-gateway.crt'),
    TLS_KEY_FILE: join(tls.certs, 'api-gateway.key'),
    JWT_ACCESS_SECRET: system.secret('jwt-access'),
    JWT_REFRESH_SECRET: system.secret('jwt-refresh'),
    JWT_SERVICE_SECRET: system.secret('jwt-service'),
    EVENT_KEY_PRODUCT: system.secret('event-product'),
    EVENT_KEY_USER: system.secret('event-user'),
    RATE_LIMIT_ENABLED: 'false',
  };
}
