import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { choosePorts } from '../local/ports.mjs';
import { root } from '../local/workspace.mjs';
import { ask, startChild, stoppedWithOthers } from './children.mjs';
import { CONNECTIONS, countOf, nextNumber, sum } from './measure.mjs';

/** Of the requests of a whole run, this share in each turn. */
const PATH = { 'list-cached': 0.5, 'list-uncached': 0.01 };
/** Odd, so that one of them is the median. */
const ROUNDS = 31;
/** Whatever is switched makes Node compile anew. */
const WARM_UP = 0.2;
const SWITCH = fileURLToPath(new URL('./watching.cjs', import.meta.url));

const KINDS = [
  { kind: 'unwatched', is: { metrics: false, logs: false, traces: false } },
  { kind: 'metrics', is: { metrics: true, logs: false, traces: false } },
  { kind: 'metrics, logs', is: { metrics: true, logs: true, traces: false } },
  { kind: 'metrics, logs, traces of 1 %', is: { metrics: true, logs: true, traces: true } },
];

/**
 * What browsing costs, by how it is watched. Two processes that do the same differ by more than this is about, so one gateway
 * and one products-service are watched in one way and another in turns.
 */
export class Observability {
  constructor({ system, generator, scenarios }) {
    this.system = system;
    this.generator = generator;
    this.scenarios = scenarios.filter(({ name }) => name in PATH);
  }

  /** Milliseconds of CPU per request in each round, by scenario and kind. */
  async measure(total) {
    const pair = await this.#startPair();
    const figures = {};
    for (const { name, title, requests } of this.scenarios) {
      const rounds = Object.fromEntries(KINDS.map(({ kind }) => [kind, []]));
      const count = countOf(total, PATH[name]);
      for (let round = 0; round <= ROUNDS; round++) {
        for (const { kind, is } of turned(KINDS, round)) {
          const load = { port: pair.port, connections: CONNECTIONS, requests: requests() };
          const usedMs = await this.#turn({ ...pair, is, load, count });
          // In the first, everything is still being compiled.
          if (round > 0) rounds[kind].push(usedMs / count);
        }
      }
      figures[name] = { title, rounds };
    }
    return figures;
  }

  async #turn({ processes, is, load, count }) {
    const used = async () => sum(await Promise.all(processes.map((process) => ask(process, is))));
    const request = (count) => ask(this.generator, { ...load, count, from: nextNumber(count) });
    await used();
    await request(Math.round(count * WARM_UP));
    const before = await used();
    await request(count);
    return (await used()) - before;
  }

  async #startPair() {
    const collector = startChild('./trace-sink.mjs');
    const settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await ask(collector, {})}`,
      TRACE_SAMPLE_RATIO: '0.01',
    };
    const ports = await choosePorts(['productsHttp', 'productsGrpc', 'gateway', 'gatewayMetrics'], true);
    const products = await this.#start('products-service', {
      ...settings,
      HTTP_PORT: ports.productsHttp,
      GRPC_PORT: ports.productsGrpc,
    });
    const gateway = await this.#start('api-gateway', {
      ...settings,
      HTTP_PORT: ports.gateway,
      METRICS_PORT: ports.gatewayMetrics,
      PRODUCTS_GRPC_URL: `127.0.0.1:${ports.productsGrpc}`,
    });
    return { port: ports.gateway, processes: [products, gateway] };
  }

  async #start(app, settings) {
    const own = parseEnv(readFileSync(join(this.system.dir, 'env', `${app}.env`), 'utf8'));
    const child = stoppedWithOthers(
      spawn(process.execPath, ['--require', SWITCH, 'dist/main.js'], {
        cwd: join(root, app),
        env: { PATH: process.env.PATH, ...own, ...settings },
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    );
    const ready = `http://127.0.0.1:${settings.HTTP_PORT}/health/ready`;
    while (!(await answers(ready))) await delay(100);
    return child;
  }
}

function answers(url) {
  return fetch(url).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Nobody is always first. */
function turned(list, by) {
  const first = by % list.length;
  return [...list.slice(first), ...list.slice(0, first)];
}
