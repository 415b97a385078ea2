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

/** Whatever is switched makes Node compile anew. */
const WARM_UP = 0.2;
const SWITCH = fileURLToPath(new URL('./watching.cjs', import.meta.url));

const UNWATCHED = { kind: 'unwatched', is: { metrics: false, logs: false, traces: false } };
const METRICS = { kind: 'metrics', is: { metrics: true, logs: false, traces: false } };
const LOGS = { kind: 'metrics, logs', is: { metrics: true, logs: true, traces: false } };
const TRACES = { kind: 'metrics, logs, traces of 1 %', is: { metrics: true, logs: true, traces: true } };

/**
 * What is compared with the first of each list, and how long a turn is: that share of the requests of a whole run. Short turns,
 * and many: whatever else the machine does lasts longer than a round. Longer ones for traces, which leave every five seconds.
 * Odd numbers of rounds, so that one of them is the median.
 */
const COMPARISONS = {
  'list-cached': [
    { kinds: [UNWATCHED, METRICS, LOGS], share: 0.15, rounds: 121 },
    { kinds: [LOGS, TRACES], share: 2, rounds: 25 },
  ],
  'list-uncached': [
    { kinds: [UNWATCHED, METRICS, LOGS], share: 0.01, rounds: 31 },
    { kinds: [LOGS, TRACES], share: 0.02, rounds: 31 },
  ],
};

/**
 * What browsing costs, by how it is watched. Two processes that do the same differ by more than this is about, so one gateway
 * and one products-service are watched in one way and another in turns.
 */
export class Observability {
  constructor({ system, generator, scenarios }) {
    this.system = system;
    this.generator = generator;
    this.scenarios = scenarios.filter(({ name }) => name in COMPARISONS);
  }

  /** Of each scenario its comparisons: milliseconds of CPU per request in each round, by kind. */
  async measure(total) {
    const pair = await this.#startPair();
    const figures = {};
    for (const { name, title, requests } of this.scenarios) {
      const compared = [];
      for (const { kinds, share, rounds } of COMPARISONS[name]) {
        compared.push(await this.#compare(pair, { kinds, rounds, requests, count: countOf(total, share) }));
      }
      figures[name] = { title, compared };
    }
    return figures;
  }

  async #compare(pair, { kinds, rounds, requests, count }) {
    const usedMs = Object.fromEntries(kinds.map(({ kind }) => [kind, []]));
    for (let round = 0; round <= rounds; round++) {
      for (const { kind, is } of turned(kinds, round)) {
        const load = { port: pair.port, connections: CONNECTIONS, requests: requests() };
        const used = await this.#turn({ ...pair, is, load, count });
        // In the first, everything is still being compiled.
        if (round > 0) usedMs[kind].push(used / count);
      }
    }
    return { count, usedMs };
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

/** Nobody is always first, nor always after the same one, whose work may not be quite over. */
function turned(list, by) {
  const first = by % list.length;
  const from = [...list.slice(first), ...list.slice(0, first)];
  return by % 2 === 0 ? from : from.reverse();
}
