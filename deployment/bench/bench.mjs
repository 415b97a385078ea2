#!/usr/bin/env node
// What `npm run bench` runs: the built shop on scratch stores, loaded by a process of its own. Never part of the tests.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { APPS } from '../local/apps.mjs';
import { reportFailure, step } from '../local/progress.mjs';
import { startChild, stopChildren } from './children.mjs';
import { residentMbOf } from './cpu-time.mjs';
import { checkGoals, machine, withTotals } from './figures.mjs';
import { measure, measureAtRest } from './measure.mjs';
import { Observability } from './observability.mjs';
import { HELP, parseOptions } from './options.mjs';
import { measureReferences } from './references.mjs';
import { printObservability, printReport } from './report.mjs';
import { call, Shop } from './shoppers.mjs';
import { System } from './system.mjs';

let stopping;
let system;

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void stop().then(() => process.exit(1)));

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await bench(options);
} catch (error) {
  if (!stopping) reportFailure(error);
  process.exitCode = 1;
} finally {
  await stop();
}

async function bench({ requests: total, scenarios, json, build, observability }) {
  system = new System();
  await step('starting the shop on scratch stores', () => system.start({ build }));
  const generator = startChild('./load-generator.mjs');
  const { pids, tls, gatewayPort: port } = system;
  if (observability) return benchObservability({ generator, total, scenarios, json });
  const apps = Object.fromEntries(APPS.map((app) => [app, pids[app]]));
  const atRest = await step('measuring it at rest', () => measureAtRest(pids));
  const idleMb = residentMbOf(apps);
  const shop = new Shop({ generator, port, admin: system.admin() });
  await step('letting customers in', () => shop.open());
  const figures = { machine: machine(), atRest, scenarios: {} };
  for (const { name, title, requests, ...scenario } of scenarios) {
    const load = { generator, port, pids, atRest, requests: await requests(shop), ...scenario };
    figures.scenarios[name] = { title, ...withTotals(await step(title, () => measure(load, total))) };
    system.requireSameProcesses();
  }
  figures.memory = { idleMb, afterMb: residentMbOf(apps) };
  const answers = await exampleAnswers(port, shop);
  figures.references = await measureReferences({ generator, tls, total, answers }, Object.keys(figures.scenarios));
  conclude({ ...figures, goals: checkGoals(figures) }, json);
}

async function benchObservability({ generator, total, scenarios, json }) {
  const observability = new Observability({ system, generator, scenarios });
  const work = () => observability.measure(total);
  const figures = await step('measuring it in turns: unwatched, with metrics, with logs, with traces', work);
  printObservability({ machine: machine(), figures });
  write({ machine: machine(), figures }, json);
}

async function exampleAnswers(port, { customers }) {
  const [list, user] = await Promise.all([
    call(port, 'GET', '/products?limit=20'),
    call(port, 'GET', '/users/me', { headers: customers[0].headers }),
  ]);
  return { list: JSON.stringify(list), user: JSON.stringify(user) };
}

function conclude(figures, json) {
  printReport(figures);
  write(figures, json);
}

function write(figures, json) {
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(figures, null, 2)}\n`);
  console.log(`\nAs JSON: ${relative(process.cwd(), json)}`);
}

// One way down, whoever asks for it first.
function stop() {
  stopping ??= stopChildren().then(() => system?.stop());
  return stopping;
}
