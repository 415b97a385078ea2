import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { signal, suspend } from './signals';

const ROOT = join(__dirname, '..', '..');
const START_LIMIT = 240_000;

/** What webhooks are signed with in tests. */
export const WEBHOOK_SECRET = 'whsec_forSystemTestsOnly';

export const APPS = ['users-service', 'products-service', 'orders-service', 'api-gateway'] as const;
export const STORES = ['postgres', 'mongodb', 'rabbitmq', 'redis'] as const;
export type App = (typeof APPS)[number];
export type Store = (typeof STORES)[number];

export interface State {
  gateway: string;
  processes: Record<App, { pid: number; http: number; grpc?: number; metrics?: number }>;
  stores: Record<Store, { pid: number; port: number }>;
  tls: { ca: string; certs: string };
}

/** What secrets/stores.json says: addresses with passwords. */
export interface StoreAddresses {
  postgres: { superuserUrl: string; usersUrl: string; ordersUrl: string; usersBackupUrl: string };
  mongodb: { uri: string };
  redis: {
    host: string;
    port: number;
    caFile: string;
    username: string;
    password: string;
    viewer: { username: string; password: string };
    operator: { username: string; password: string };
  };
  rabbitmq: {
    operatorUrl: string;
    urls: Record<App, string>;
    caFile: string;
    control: { program: string; env: Record<string, string> };
  };
}

/** The built system as real processes, on stores of its own. */
export class System {
  private constructor(
    readonly dir: string,
    private readonly launcher?: ChildProcess,
  ) {}

  /** The one that all test files share: starting it takes longer than most tests. start-shared-system.ts has started it. */
  static shared(): System {
    return new System(process.env.SYSTEM_TESTS_DIR ?? '');
  }

  static async start(env: Record<string, string> = {}): Promise<System> {
    const system = System.launch(env);
    await system.untilReady();
    return system;
  }

  /** A folder for a system that is not there yet. */
  static newFolder(): string {
    mkdirSync(join(ROOT, '.local'), { recursive: true });
    return mkdtempSync(join(ROOT, '.local', 'system-tests-'));
  }

  /** As `start`, without waiting until it is ready. */
  static launch(env: Record<string, string> = {}, dir = System.newFolder(), more: string[] = []): System {
    const options = ['--dir', dir, '--ports', 'free', '--no-redis-commander', '--no-build', ...more];
    const log = openSync(join(dir, 'start.log'), 'a');
    const launcher = spawn(process.execPath, [join(ROOT, 'deployment/local/start.mjs'), ...options], {
      cwd: ROOT,
      env: {
        ...process.env,
        ...plantedDefect(),
        RATE_LIMIT_ENABLED: 'false',
        STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
        ...env,
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return new System(dir, launcher);
  }

  state(): State {
    return this.read('state.json') as State;
  }

  admin(): { email: string; password: string } {
    return this.read('admin.json') as { email: string; password: string };
  }

  stores(): StoreAddresses {
    return this.read('secrets/stores.json') as StoreAddresses;
  }

  secret(name: string): string {
    return readFileSync(join(this.dir, 'secrets', name), 'utf8').trim();
  }

  /** @throws Error unless the app answers and has all that it needs. */
  async expectReady(app: App): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.state().processes[app].http}/health/ready`);
    const { details } = (await answer.json()) as { details: Record<string, { status: string }> };
    const down = Object.keys(details).filter((name) => details[name]?.status !== 'up');
    if (!answer.ok || down.length > 0) throw new Error(`${app} answers ${answer.status} and lacks ${down.join(', ')}`);
  }

  pidOf(name: App | Store): number {
    const { processes, stores } = this.state();
    return name in stores ? stores[name as Store].pid : processes[name as App].pid;
  }

  /** kill -9 of an app or a store; the supervisor starts it again. */
  kill(name: App | Store): void {
    signal(this.pidOf(name), 'SIGKILL');
  }

  /** Kills it, and whatever the supervisor starts in its place, for so long. */
  async holdDown(name: App | Store, forMs: number): Promise<void> {
    const until = Date.now() + forMs;
    for (let killed = 0; Date.now() < until; await delay(50)) {
      const pid = this.pidOf(name);
      if (pid !== killed) signal(pid, 'SIGKILL');
      killed = pid;
    }
  }

  /** It keeps its connections but does nothing, for so long. */
  async freeze(name: App | Store, forMs: number): Promise<void> {
    const goOn = suspend(this.pidOf(name));
    await delay(forMs);
    goOn();
  }

  /** Ends its processes; the folder keeps the data. */
  async halt(): Promise<void> {
    if (!this.isRunning()) return;
    const ended = new Promise((resolve) => this.launcher?.once('exit', resolve));
    this.launcher?.kill('SIGINT');
    await ended;
  }

  async stop(): Promise<void> {
    await this.halt();
    // PostgreSQL's data may be kept elsewhere, when its user cannot reach this folder.
    const data = join(this.dir, 'data', 'postgres');
    if (existsSync(data)) rmSync(realpathSync(data), { recursive: true, force: true });
    rmSync(this.dir, { recursive: true, force: true });
  }

  async untilReady(): Promise<void> {
    const limit = Date.now() + START_LIMIT;
    while (!(await this.isReady())) {
      const isLate = Date.now() > limit;
      if (this.isRunning() && !isLate) {
        await delay(250);
        continue;
      }
      const log = readFileSync(join(this.dir, 'start.log'), 'utf8');
      await this.stop();
      throw new Error(`the system ${isLate ? 'was not ready in time' : 'did not start'}:\n${log}`);
    }
  }

  private isRunning(): boolean {
    return this.launcher?.exitCode === null && this.launcher.signalCode === null;
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.state().gateway}/health/ready`)).ok;
    } catch {
      return false;
    }
  }

  private read(file: string): unknown {
    return JSON.parse(readFileSync(join(this.dir, file), 'utf8'));
  }
}

// `npm run prove -- --planted`: something that is wrong, loaded into the apps before their own code.
export function plantedDefect(): Record<string, string> {
  const { PLANTED_DEFECT: file, NODE_OPTIONS = '' } = process.env;
  return file ? { NODE_OPTIONS: `${NODE_OPTIONS} --require ${file}` } : {};
}
