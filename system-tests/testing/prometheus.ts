import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, freePort } from '@shop/service-kit/testing';
import type { System } from './system';

export const OBSERVABILITY = join(__dirname, '..', '..', 'deployment', 'observability');
const RULES = join(OBSERVABILITY, 'prometheus', 'rules');

/** `npm test` installs Prometheus where it can; elsewhere what needs it is skipped, and never in CI. */
export const whenInstalled = isInstalled('prometheus') || process.env.CI ? describe : describe.skip;

export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, program)));
}

/** The exit code and the output of promtool. */
export function promtool(...args: string[]): string {
  return execFileSync('promtool', args, { cwd: OBSERVABILITY, encoding: 'utf8' });
}

export interface Target {
  readonly job: string;
  /** `host:port` */
  readonly address: string;
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [number, string];
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** Prometheus with the shop's rules, all of whose times are so many times shorter: a test cannot wait for hours. */
export class Prometheus {
  private constructor(
    private readonly address: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(targets: readonly Target[], timesFaster: number): Promise<Prometheus> {
    const folder = mkdtempSync(join(tmpdir(), 'shop-prometheus-'));
    const address = `127.0.0.1:${await freePort()}`;
    writeConfiguration(folder, targets, timesFaster);
    const log = openSync(join(folder, 'log'), 'a');
    const args = ['--config.file=prometheus.json', '--storage.tsdb.path=data', `--web.listen-address=${address}`];
    const child = spawn('prometheus', args, { cwd: folder, stdio: ['ignore', log, log] });
    closeSync(log);
    const prometheus = new Prometheus(`http://${address}`, child, folder);
    await eventually(async () => expect((await fetch(`http://${address}/-/ready`)).status).toBe(200), 30_000);
    return prometheus;
  }

  /** @throws Error with Prometheus' own words when it cannot be asked that. */
  async query(expression: string): Promise<readonly Sample[]> {
    const body = new URLSearchParams({ query: expression });
    const answer = (await (await fetch(`${this.address}/api/v1/query`, { method: 'POST', body })).json()) as any;
    if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`);
    return answer.data.result;
  }

  async firing(): Promise<readonly Alert[]> {
    const { data } = (await (await fetch(`${this.address}/api/v1/alerts`)).json()) as any;
    return (data.alerts as Alert[]).filter(({ state }) => state === 'firing');
  }

  /** Waits until the alert fires, with these labels. */
  async untilFiring(name: string, labels: Record<string, string> = {}, withinMs = 120_000): Promise<void> {
    await eventually(
      async () =>
        expect((await this.firing()).map((alert) => alert.labels)).toContainEqual(
          expect.objectContaining({ alertname: name, ...labels }),
        ),
      withinMs,
    );
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Every process of a shop, as its state.json says. */
export function targetsOf(system: System): Target[] {
  return Object.entries(system.state().processes).map(([name, { http, metrics = http }]) => ({
    job: name.split('.')[0]!,
    address: `127.0.0.1:${metrics}`,
  }));
}

/** With all its times so many times shorter, and nothing else changed. */
export function faster(rules: string, times: number): string {
  const shorter = (duration: string) => `${Math.round(milliseconds(duration) / times)}ms`;
  return rules
    .replace(/\[(\w+)\]/g, (_, duration: string) => `[${shorter(duration)}]`)
    .replace(/^( +for: )(\w+)$/gm, (_, before: string, duration: string) => before + shorter(duration));
}

function milliseconds(duration: string): number {
  const [, number, unit] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return Number(number) * UNITS[unit!]!;
}

function writeConfiguration(folder: string, targets: readonly Target[], timesFaster: number): void {
  mkdirSync(join(folder, 'rules'));
  for (const file of readdirSync(RULES))
    writeFileSync(join(folder, 'rules', file), faster(readFileSync(join(RULES, file), 'utf8'), timesFaster));
  const everything = {
    // A store that is away is noticed within 1.5 s of a scrape.
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '1s' },
    rule_files: ['rules/*.yml'],
    scrape_configs: [...new Set(targets.map(({ job }) => job))].map((job) => ({
      job_name: job,
      static_configs: [{ targets: targets.filter((each) => each.job === job).map(({ address }) => address) }],
    })),
  };
  writeFileSync(join(folder, 'prometheus.json'), JSON.stringify(everything));
}
