import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { portNamesOf } from './apps.mjs';
import { findProgram } from './commands.mjs';
import { ensurePrograms } from './packages.mjs';
import { step, warn } from './progress.mjs';
import { writeWhole } from './secrets.mjs';
import { root } from './workspace.mjs';

const BREW = ['/opt/homebrew/bin', '/usr/local/bin'];
const TIMES = { scrape_interval: '15s', evaluation_interval: '15s' };

export const prometheusProgram = {
  title: 'Prometheus',
  found: () => findProgram('promtool', BREW) && findProgram('prometheus', BREW),
  apt: 'prometheus',
  brew: 'prometheus',
};

/** How full the disks are: for tests, and for machines that have it run as a service. */
export const nodeExporterProgram = {
  title: 'node_exporter',
  found: () => findProgram('prometheus-node-exporter') ?? findProgram('node_exporter', BREW),
  apt: 'prometheus-node-exporter',
  brew: 'node_exporter',
};

/** Prometheus beside the apps of `npm start -- --observe`, with the rules and alerts that Compose has, too. The shop runs without it. */
export async function observe(context) {
  try {
    await ensurePrograms([prometheusProgram]);
    await step('starting Prometheus', () => startPrometheus(context));
    return true;
  } catch (error) {
    warn(`Prometheus is left out: ${error.message}`);
    await context.supervisor.stopOne('prometheus');
    return false;
  }
}

async function startPrometheus({ dir, ports, instances, supervisor }) {
  const data = join(dir, 'data', 'prometheus');
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const configuration = join(data, 'prometheus.json');
  const rules = join(root, 'deployment', 'observability', 'prometheus', 'rules', '*.yml');
  // JSON is YAML, too.
  const content = { global: TIMES, rule_files: [rules], scrape_configs: scrapeConfigurations(instances, ports) };
  writeWhole(configuration, `${JSON.stringify(content, null, 2)}\n`);
  const address = `127.0.0.1:${ports.prometheus}`;
  await supervisor.start({
    name: 'prometheus',
    rank: 4,
    command: prometheusProgram.found(),
    args: [`--config.file=${configuration}`, `--storage.tsdb.path=${data}`, `--web.listen-address=${address}`],
    cwd: data,
    env: { PATH: process.env.PATH },
    ready: () => answers(`http://${address}/-/ready`),
  });
}

function scrapeConfigurations(instances, ports) {
  const addressOf = (instance) => {
    const { http, metrics = http } = portNamesOf(instance);
    return `127.0.0.1:${ports[metrics]}`;
  };
  return [...new Set(instances.map(({ app }) => app))].map((app) => ({
    job_name: app,
    static_configs: [{ targets: instances.filter((each) => each.app === app).map(addressOf) }],
  }));
}

async function answers(url) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  if (!answer.ok) throw new Error(`not ready: ${answer.status}`);
}
