import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { eventually, freePort } from '@shop/service-kit/testing';
import { type App, plantedDefect, type System } from './system';

const ROOT = join(__dirname, '..', '..');
const READY_WITHIN = 90_000;

export type Settings = Readonly<Record<string, string>>;

/** One more process of an app, on the stores of a running system, with ports and settings of its own. */
export class AppProcess {
  private constructor(
    readonly app: App,
    private readonly process: ChildProcess,
    readonly http: string,
    /** `host:port`; of the gateway, which has no gRPC, of no use. */
    readonly grpc: string,
  ) {}

  static async launch(system: System, app: App, settings: Settings = {}): Promise<AppProcess> {
    const { HTTP_PORT: http = String(await freePort()), GRPC_PORT: grpc = String(await freePort()) } = settings;
    const log = openSync(join(system.dir, 'logs', `${app}-${http}.log`), 'a');
    const child = spawn(process.execPath, ['dist/main.js'], {
      cwd: join(ROOT, app),
      env: {
        PATH: process.env.PATH,
        ...plantedDefect(),
        ...settingsOf(system, app),
        METRICS_PORT: '0',
        ...settings,
        HTTP_PORT: http,
        GRPC_PORT: grpc,
      },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return new AppProcess(app, child, `http://127.0.0.1:${http}`, `127.0.0.1:${grpc}`);
  }

  static async start(system: System, app: App, settings: Settings = {}): Promise<AppProcess> {
    const process = await AppProcess.launch(system, app, settings);
    await process.untilReady();
    return process;
  }

  get isRunning(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  async untilReady(): Promise<void> {
    await eventually(async () => {
      const answer = await fetch(`${this.http}/health/ready`);
      if (!answer.ok) throw new Error(`${this.app} is not ready: ${await answer.text()}`);
    }, READY_WITHIN);
  }

  send(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number | null> {
    if (!this.isRunning) return this.process.exitCode;
    const ended = new Promise<number | null>((resolve) => this.process.once('exit', resolve));
    this.send('SIGTERM');
    this.send('SIGCONT');
    return ended;
  }

  /** Whatever state it is in. */
  async end(): Promise<void> {
    if (!this.isRunning) return;
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.send('SIGKILL');
    await ended;
  }
}

/** What `npm start` would give it. */
export function settingsOf(system: System, app: App): Settings {
  return parseEnv(readFileSync(join(system.dir, 'env', `${app}.env`), 'utf8')) as Settings;
}
