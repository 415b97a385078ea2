import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const START_LIMIT = 240_000;

export interface State {
  gateway: string;
  processes: Record<string, { pid: number; http: number; grpc?: number }>;
}

/** The built system as real processes, on stores of its own. */
export class System {
  private constructor(
    private readonly launcher: ChildProcess,
    readonly dir: string,
  ) {}

  static async start(env: Record<string, string> = {}): Promise<System> {
    mkdirSync(join(ROOT, '.local'), { recursive: true });
    const dir = mkdtempSync(join(ROOT, '.local', 'system-tests-'));
    const options = ['--dir', dir, '--ports', 'free', '--no-redis-commander', '--no-build'];
    const launcher = spawn(process.execPath, [join(ROOT, 'deployment/local/start.mjs'), ...options], {
      cwd: ROOT,
      env: { ...process.env, RATE_LIMIT_ENABLED: 'false', ...env },
      stdio: 'ignore',
    });
    const system = new System(launcher, dir);
    await system.untilReady();
    return system;
  }

  state(): State {
    return JSON.parse(readFileSync(join(this.dir, 'state.json'), 'utf8')) as State;
  }

  admin(): { email: string; password: string } {
    return JSON.parse(readFileSync(join(this.dir, 'admin.json'), 'utf8')) as { email: string; password: string };
  }

  /** kill -9 of one app; the supervisor starts it again. */
  kill(app: string): void {
    const running = this.state().processes[app];
    if (running) process.kill(running.pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    if (this.launcher.exitCode === null) {
      const ended = new Promise((resolve) => this.launcher.once('exit', resolve));
      this.launcher.kill('SIGINT');
      await ended;
    }
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async untilReady(): Promise<void> {
    const limit = Date.now() + START_LIMIT;
    while (!(await this.isReady())) {
      if (this.launcher.exitCode !== null) throw new Error(`start.mjs ended with ${this.launcher.exitCode}`);
      if (Date.now() > limit) {
        await this.stop();
        throw new Error('the system was not ready in time');
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`${this.state().gateway}/health/ready`)).ok;
    } catch {
      return false;
    }
  }
}
