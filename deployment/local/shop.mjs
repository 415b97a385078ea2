import { join } from 'node:path';
import { APPS, instancesOf, isBuilt, portsOfApps, serverOf } from './apps.mjs';
import { ensureCertificates } from './certificates.mjs';
import { writeEnvironmentFiles } from './environment-files.mjs';
import { makeFolder, startOver } from './fresh-start.mjs';
import { LogWindow } from './log-window.mjs';
import { observe } from './observe.mjs';
import { choosePorts } from './ports.mjs';
import { prepareData } from './prepare-data.mjs';
import { forgetProcess, takeOver } from './process-identity.mjs';
import { Failure, reportFailure, secondsSince, step, warn } from './progress.mjs';
import { installRedisCommander, startRedisCommander } from './redis-commander.mjs';
import { loadSecrets, writeWhole } from './secrets.mjs';
import { State } from './state.mjs';
import { portsOfStores, startStores, storesToStart } from './stores.mjs';
import { Supervisor } from './supervisor.mjs';
import { printTable } from './table.mjs';
import { root } from './workspace.mjs';

/** Everything that `npm start` does once the packages are there, from top to bottom. */
export async function runShop(options) {
  const { dir } = options;
  const runFolder = join(dir, 'run');
  makeFolder(dir);
  await takeOver(runFolder);
  if (options.fresh) await startOver(options);
  const state = new State(dir);
  const supervisor = new Supervisor({ logFolder: join(dir, 'logs'), runFolder, onChange: () => state.write() });
  const stop = stopOnSignal(async () => {
    state.remove();
    await supervisor.stopAll();
    forgetProcess(runFolder, 'start');
  });
  try {
    const context = await prepare(options, supervisor);
    await bringUp(options, context);
    state.begin(context);
    printTable(options, context, secondsSince(0));
  } catch (error) {
    await stop(error);
  }
}

async function prepare(options, supervisor) {
  const { dir } = options;
  const wanted = options.storesOnly ? { postgres: true, redis: true, rabbitmq: true, mongodb: true } : storesToStart();
  const portNames = [
    ...(options.storesOnly ? [] : portsOfApps(options.replicas)),
    ...(options.redisCommander ? ['redisCommander'] : []),
    ...(options.observe ? ['prometheus'] : []),
    ...portsOfStores(wanted),
  ];
  const ports = await choosePorts(portNames, options.freePorts);
  const secrets = loadSecrets(join(dir, 'secrets'));
  await ensureCertificates(join(dir, 'tls'), { apps: [...APPS, 'operator'], stores: Object.keys(wanted) });
  return { dir, tools: join(root, '.local', 'tools'), wanted, ports, secrets, supervisor };
}

async function bringUp(options, context) {
  const { dir, tools, supervisor } = context;
  const commander = options.redisCommander ? installRedisCommander(tools) : undefined;
  context.stores = await startStores(context);
  writeWhole(join(dir, 'secrets', 'stores.json'), `${JSON.stringify(context.stores, null, 2)}\n`);
  writeEnvironmentFiles(context);
  if (options.storesOnly) return;
  context.admin = await prepareData(context);
  context.instances = instancesOf(
    APPS.filter((app) => isBuilt(app)),
    options.replicas,
  );
  for (const name of APPS) if (!isBuilt(name)) warn(`${name} is not built and is left out`);
  await step('starting the apps', async () => {
    await Promise.all(context.instances.map((instance) => supervisor.start(serverOf(instance, context))));
    const program = await commander;
    if (program) await startRedisCommander(program, context);
    context.redisCommander = Boolean(program);
  });
  if (options.observe) context.observed = await observe(context);
  new LogWindow(Object.fromEntries(context.instances.map(({ name }) => [name, supervisor.logFileOf(name)])));
}

// One way down, whoever asks for it first: a signal or a failure.
function stopOnSignal(shutDown) {
  let stopping;
  const stop = (reason) => {
    if (stopping) return stopping;
    const failed = reason instanceof Error;
    if (failed) reportFailure(reason);
    else console.log('\nStopping …');
    stopping = shutDown().then(() => process.exit(failed ? 1 : 0));
    return stopping;
  };
  process.on('SIGINT', () => void stop('SIGINT'));
  process.on('SIGTERM', () => void stop('SIGTERM'));
  if (process.stdout.isTTY) process.on('SIGHUP', () => void stop('SIGHUP'));
  process.on('uncaughtException', (error) => void stop(error));
  process.on('unhandledRejection', (error) => void stop(error instanceof Error ? error : new Failure(String(error))));
  return stop;
}
