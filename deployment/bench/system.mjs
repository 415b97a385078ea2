import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../local/progress.mjs';
import { removeOwnedFolder } from '../local/unprivileged.mjs';
import { root } from '../local/workspace.mjs';

// Empty is absent: the stores of the user's own .env are none of ours to load.
const ENVIRONMENT = {
  ...Object.fromEntries(
    ['USERS_DATABASE_URL', 'ORDERS_DATABASE_URL', 'MONGODB_URI', 'REDIS_HOST', 'RABBITMQ_URL'].map((name) => [
      name,
      '',
    ]),
  ),
  RATE_LIMIT_ENABLED: 'false',
  LOG_LEVEL: 'info',
  PASSWORD_ALGORITHM: 'bcrypt',
  BCRYPT_COST: '12',
};

/** The built shop as processes, on stores and in a folder of its own. */
export class System {
  constructor() {
    const folder = join(root, '.local', 'bench');
    mkdirSync(folder, { recursive: true });
    this.dir = mkdtempSync(join(folder, 'shop-'));
  }

  async start({ build, settings = {} }) {
    const options = ['--dir', this.dir, '--ports', 'free', '--no-redis-commander', ...(build ? [] : ['--no-build'])];
    this.starter = spawn(process.execPath, [join(root, 'deployment/local/start.mjs'), ...options], {
      cwd: root,
      env: { ...process.env, ...ENVIRONMENT, ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    while (!existsSync(join(this.dir, 'state.json'))) {
      if (this.hasEnded()) throw new Failure('The shop did not start.');
      await delay(200);
    }
    this.pids = this.pidsNow();
  }

  get gatewayPort() {
    return this.state().processes['api-gateway'].http;
  }

  get tls() {
    return join(this.dir, 'tls');
  }

  admin() {
    return this.read('admin.json');
  }

  /** Figures of a process that died and began anew would mean nothing. */
  requireSameProcesses() {
    const now = this.pidsNow();
    const changed = Object.keys(now).find((name) => now[name] !== this.pids[name]);
    if (changed) throw new Failure(`${changed} ended in the middle and was started again; nothing was measured.`);
  }

  async stop() {
    if (this.starter && !this.hasEnded()) {
      const ended = once(this.starter, 'exit');
      this.starter.kill('SIGTERM');
      await ended;
    }
    removeOwnedFolder(join(this.dir, 'data', 'postgres'));
    rmSync(this.dir, { recursive: true, force: true });
  }

  pidsNow() {
    const { processes, stores } = this.state();
    return Object.fromEntries(Object.entries({ ...processes, ...stores }).map(([name, { pid }]) => [name, pid]));
  }

  state() {
    return this.read('state.json');
  }

  read(file) {
    return JSON.parse(readFileSync(join(this.dir, file), 'utf8'));
  }

  hasEnded() {
    return this.starter.exitCode !== null || this.starter.signalCode !== null;
  }
}
