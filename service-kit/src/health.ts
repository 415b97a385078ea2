import { Controller, Get, Header, HttpStatus, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { askedGauge } from './metrics';

const CHECK_TIMEOUT_MS = 1500;

interface CheckOptions {
  /** Reported, but the app goes on working without it. */
  readonly degraded?: boolean;
  /** A gauge that says so, too: 1 or 0. */
  readonly metric?: 'rabbitmq_connected' | 'redis_connected' | 'database_connected';
}

interface Check {
  readonly name: string;
  readonly run: () => Promise<void>;
  readonly degraded: boolean;
}

interface Indicator {
  readonly status: 'up' | 'down';
  readonly degraded?: true;
  readonly message?: string;
}

export interface HealthReport {
  readonly status: 'ok' | 'error' | 'shutting_down';
  readonly info: Record<string, Indicator>;
  readonly error: Record<string, Indicator>;
  readonly details: Record<string, Indicator>;
}

/** What this app needs, checked on demand, in the shape of @nestjs/terminus. */
export class Health {
  private readonly checks: Check[] = [];
  private isStopping = false;

  add(name: string, run: () => Promise<void>, { degraded = false, metric }: CheckOptions = {}): void {
    const check = { name, run, degraded };
    this.checks.push(check);
    if (!metric) return;
    const read = async () => ((await indicate(check)).status === 'up' ? 1 : 0);
    askedGauge({ name: metric, help: 'Whether it answers this process: 1 or 0', read });
  }

  /** From now on not ready: load balancers turn away before anything is closed. */
  startShutdown(): void {
    this.isStopping = true;
  }

  get stopping(): boolean {
    return this.isStopping;
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all(this.checks.map(async (check) => [check, await indicate(check)] as const));
    const details = Object.fromEntries(results.map(([check, indicator]) => [check.name, indicator]));
    const bad = results.filter(([check, indicator]) => indicator.status === 'down' && !check.degraded);
    const error = Object.fromEntries(bad.map(([check, indicator]) => [check.name, indicator]));
    const info = Object.fromEntries(Object.entries(details).filter(([name]) => !(name in error)));
    const status = this.isStopping ? 'shutting_down' : bad.length > 0 ? 'error' : 'ok';
    return { status, info, error, details };
  }
}

async function indicate(check: Check): Promise<Indicator> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([check.run(), timeout]);
    return { status: 'up' };
  } catch {
    // The reason stays in the logs: this page may be public.
    return { status: 'down', ...(check.degraded ? { degraded: true as const } : {}), message: 'not reachable' };
  } finally {
    clearTimeout(timer);
  }
}

@Controller('health')
export class HealthController {
  constructor(private readonly health: Health) {}

  @Get()
  @Header('cache-control', 'no-store')
  all(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    return this.ready(reply);
  }

  /** The process runs; says nothing about its stores, so that a restart is not the answer to a lost database. */
  @Get('live')
  @Header('cache-control', 'no-store')
  live(): HealthReport {
    return { status: 'ok', info: {}, error: {}, details: {} };
  }

  @Get('ready')
  @Header('cache-control', 'no-store')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<HealthReport> {
    const report = await this.health.report();
    if (report.status !== 'ok') void reply.status(HttpStatus.SERVICE_UNAVAILABLE).header('retry-after', '1');
    return report;
  }
}
