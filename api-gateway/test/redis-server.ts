import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@shop/service-kit/testing';
import { Redis } from 'ioredis';

/** A Redis of this test alone, to be stopped and frozen at will. */
export class RedisServer {
  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'gateway-redis-')));
    await server.start();
    return server;
  }

  private process?: ChildProcess;

  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  get env() {
    return {
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(this.port),
      REDIS_USERNAME: '',
      REDIS_PASSWORD: 'test',
      REDIS_TLS: 'false',
    };
  }

  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--requirepass', 'test', '--save', ''];
    this.process = spawn('redis-server', [...options, '--dir', this.folder], { stdio: 'ignore' });
    const client = new Redis({ port: this.port, password: 'test', retryStrategy: () => 50, maxRetriesPerRequest: 100 });
    client.on('error', () => undefined);
    await client.ping();
    client.disconnect();
  }

  freeze(): void {
    this.process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.process?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.process?.once('exit', resolve));
    this.process?.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
