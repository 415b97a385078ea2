import { type ChildProcess, spawn } from 'node:child_process';
import { Agent, get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { products } from '@shop/proto';
import { createGrpcClient, type Promises, ServiceTokens } from '../src';
import { certificatesOf, eventually, freePort, SERVICE_SECRET, tlsFilesOf } from '../src/testing';

const RESTARTS = 1;
const CLIENTS = 5;
const LOOKS_EVERY_MS = 100;

interface Ports {
  readonly http: number;
  readonly grpc: number;
}

/** One of the instances, which comes back on the same ports. */
class Instance {
  private process?: ChildProcess;

  constructor(readonly ports: Ports) {}

  async start(): Promise<void> {
    const environment = {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      HTTP_PORT: String(this.ports.http),
      GRPC_PORT: String(this.ports.grpc),
      RABBITMQ_URL: 'amqp://127.0.0.1:1',
      JWT_SERVICE_SECRET: SERVICE_SECRET,
      SHUTDOWN_DELAY: '2s',
      ...tlsFilesOf('products-service'),
    };
    this.process = spawn(process.execPath, [join(__dirname, 'stopping-app.cjs')], {
      env: environment,
      stdio: 'inherit',
    });
    await eventually(async () => (await this.askReady()) === 200, 30_000);
  }

  /** Resolves with the exit code, or the signal that it died of, and how long it took. */
  async stop(): Promise<{ exit: number | string | null; tookMs: number }> {
    const startedAt = performance.now();
    const exited = new Promise<number | string | null>((resolve) =>
      this.process?.once('exit', (code, signal) => resolve(signal ?? code)),
    );
    this.process?.kill('SIGTERM');
    return { exit: await exited, tookMs: performance.now() - startedAt };
  }

  kill(): void {
    this.process?.kill('SIGKILL');
  }

  async askReady(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.http}/health/ready`, {
      headers: { connection: 'close' },
    });
    await answer.text();
    return answer.status;
  }
}

/** As a load balancer: round robin over those that say they are ready, with connections that are kept until told otherwise. */
class Balancer {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly ready = new Set<Instance>();
  private stopped = false;
  private turn = 0;

  constructor(private readonly instances: readonly Instance[]) {}

  async look(): Promise<void> {
    await Promise.all(this.instances.map((instance) => this.lookAt(instance)));
  }

  stop(): void {
    this.stopped = true;
    this.agent.destroy();
  }

  async ask(): Promise<void> {
    const all = [...this.ready];
    if (all.length === 0) throw new Error('nobody is ready');
    const instance = all[this.turn++ % all.length] as Instance;
    const { statusCode } = await this.send(instance.ports.http);
    if (statusCode !== 200) throw new Error(`HTTP ${statusCode}`);
  }

  private async lookAt(instance: Instance): Promise<void> {
    for (; !this.stopped; await pause(LOOKS_EVERY_MS)) {
      if ((await instance.askReady().catch(() => 0)) === 200) this.ready.add(instance);
      else this.ready.delete(instance);
    }
  }

  private send(port: number): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = get({ host: '127.0.0.1', port, path: '/work', agent: this.agent }, (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer));
      });
      request.once('error', reject);
    });
  }
}

/** Many clients, each asking again and again; what failed is in `failures`. */
class Load {
  asked = 0;
  readonly failures: string[] = [];
  private stopped = false;
  private readonly clients: Promise<void>[];

  constructor(ask: () => Promise<unknown>) {
    this.clients = Array.from({ length: CLIENTS }, () => this.goOn(ask));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.clients);
  }

  private async goOn(ask: () => Promise<unknown>): Promise<void> {
    for (; !this.stopped; this.asked++) {
      await ask().catch(async (error: Error) => {
        this.failures.push(error.message);
        await pause(LOOKS_EVERY_MS);
      });
    }
  }
}

let instances: Instance[];
let client: Promises<products.ProductsServiceClient>;

beforeAll(async () => {
  const ports = async () => ({ http: await freePort(), grpc: await freePort() });
  instances = [new Instance(await ports()), new Instance(await ports())];
  await Promise.all(instances.map((instance) => instance.start()));
  client = createGrpcClient<products.ProductsServiceClient>({
    name: 'products-service',
    service: 'products',
    address: instances.map(({ ports: { grpc } }) => `127.0.0.1:${grpc}`).join(','),
    certificates: certificatesOf('api-gateway'),
    tokens: new ServiceTokens('api-gateway', SERVICE_SECRET),
  });
}, 60_000);
afterAll(() => {
  client.close();
  for (const instance of instances) instance.kill();
});

test('when two instances are restarted in turn under load, then no request and no call fails, and each exits with 0', async () => {
  const balancer = new Balancer(instances);
  const looking = balancer.look();
  await pause(2 * LOOKS_EVERY_MS);
  const requests = new Load(() => balancer.ask());
  // A write: it is not retried once a server may have begun with it.
  const calls = new Load(() =>
    client.createProduct({ sku: 'A' } as products.CreateProductRequest, { timeoutMs: 5000 }),
  );
  for (let restart = 0; restart < RESTARTS; restart++) {
    for (const instance of instances) {
      const { exit, tookMs } = await instance.stop();
      expect(exit).toBe(0);
      expect(tookMs).toBeLessThan(10_000);
      await instance.start();
      await pause(5 * LOOKS_EVERY_MS);
    }
  }
  await Promise.all([requests.stop(), calls.stop()]);
  balancer.stop();
  await looking;
  expect({ requests: requests.failures, calls: calls.failures }).toEqual({ requests: [], calls: [] });
  expect(requests.asked).toBeGreaterThan(100);
  expect(calls.asked).toBeGreaterThan(100);
}, 120_000);

test('when an instance stops, then it is not ready at once, and still answers, with Connection: close', async () => {
  const [instance] = instances as [Instance, Instance];
  const stopping = instance.stop();
  await eventually(async () => (await instance.askReady()) === 503, 1500);
  const answer = await fetch(`http://127.0.0.1:${instance.ports.http}/work`);
  expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
  expect((await stopping).exit).toBe(0);
});
