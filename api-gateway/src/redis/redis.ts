import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DomainError, Health, histogram, logConnected, Logger } from '@shop/service-kit';
import { Redis as Client } from 'ioredis';
import { GatewayConfig } from '../config';

const PATIENCE_MS = 50;
const TIMES_PATIENT = 3;
// Only a backstop: ioredis starts this clock when a pipeline is sent, and one waits for the one before it.
const COMMAND_TIMEOUT_MS = 500;
const FAILURES_UNTIL_OPEN = 3;
const PAUSE_MS = 500;
// Redis itself answers in a fraction of a millisecond.
const BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.5];

/**
 * The gateway's Redis. The app starts and runs without it; whoever asks meanwhile hears UNAVAILABLE within 150 ms, and
 * at once after some failures in a row, until one command gets through again.
 */
@Injectable()
export class Redis implements OnApplicationShutdown {
  readonly client: Client;
  private failuresInARow = 0;
  private closedAgainAt = 0;
  private readonly observe = histogram({
    name: 'redis_command_duration_seconds',
    help: 'From a command, or a script by its name, to its answer or the end of patience',
    labels: ['command'],
    buckets: BUCKETS,
  });

  constructor(config: GatewayConfig, health: Health, logger: Logger) {
    this.client = new Client({
      host: config.REDIS_HOST,
      port: config.REDIS_PORT,
      username: config.REDIS_USERNAME,
      password: config.REDIS_PASSWORD,
      tls: config.REDIS_TLS ? { ca: config.REDIS_CA } : undefined,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      commandTimeout: COMMAND_TIMEOUT_MS,
      enableAutoPipelining: true,
      connectTimeout: 2000,
      retryStrategy: (attempt) => Math.min(attempt * 50, 500),
    });
    const address = `${config.REDIS_TLS ? 'rediss' : 'redis'}://${config.REDIS_HOST}:${config.REDIS_PORT}`;
    this.client.on('ready', () => logConnected(logger, 'Redis', address));
    this.client.on('close', () => logger.warn({}, 'Redis is away'));
    this.client.on('error', (error: Error) => logger.debug({ err: error }, 'Redis connection'));
    health.add('redis', async () => void (await this.client.ping()), { metric: 'redis_connected' });
  }

  /** @throws DomainError UNAVAILABLE when Redis does not answer in time or cannot. */
  async ask<T>(command: string, question: (client: Client) => Promise<T>): Promise<T> {
    if (Date.now() < this.closedAgainAt) throw away();
    const askedAt = performance.now();
    try {
      const answer = await inTime(question(this.client));
      this.failuresInARow = 0;
      return answer;
    } catch (error) {
      this.failuresInARow++;
      if (this.failuresInARow >= FAILURES_UNTIL_OPEN) this.closedAgainAt = Date.now() + PAUSE_MS;
      throw away(error);
    } finally {
      this.observe({ command }, (performance.now() - askedAt) / 1000);
    }
  }

  /** A Lua script of src/, run as one step by the server. */
  script(file: string, numberOfKeys: number): (keys: string[], args: (string | number)[]) => Promise<unknown> {
    const lua = readFileSync(join(__dirname, '..', '..', 'src', file), 'utf8');
    this.client.defineCommand(file, { numberOfKeys, lua });
    const command = (this.client as unknown as Record<string, (...all: unknown[]) => Promise<unknown>>)[file];
    const name = basename(file, '.lua');
    return (keys, args) => this.ask(name, () => command?.call(this.client, ...keys, ...args) as Promise<unknown>);
  }

  onApplicationShutdown(): void {
    this.client.disconnect();
  }
}

// 150 ms in three parts: while this process is busy, answers wait unread, and that must not count as Redis's silence.
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const wait = (times: number) => {
      if (times === 0) reject(new Error('Redis: Command timed out'));
      else timer = setTimeout(() => wait(times - 1), PATIENCE_MS);
    };
    wait(TIMES_PATIENT);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function away(cause?: unknown): DomainError {
  return new DomainError('UNAVAILABLE', { retryAfterMs: 1000, cause });
}
