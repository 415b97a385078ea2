import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { environmentOf, ownerEnvironmentOf, portNamesOf, portsOfApps } from './apps.mjs';
import { readDotEnv } from './dot-env.mjs';
import { Failure, reportFailure } from './progress.mjs';
import { loadSecrets } from './secrets.mjs';
import { root } from './workspace.mjs';

const FLAGS = {
  dir: { type: 'string', default: '.local' },
  help: { type: 'boolean', short: 'h', default: false },
};

/** A command line that looks for something: the exit code is what `look` answers, or 2 when it could not look. */
export function lookFor({ help, flags, look }) {
  try {
    readDotEnv();
    const values = parse({ ...FLAGS, ...flags }, help);
    if (values.help) console.log(help);
    else process.exitCode = look({ ...values, dir: resolve(root, values.dir) });
  } catch (error) {
    reportFailure(error);
    process.exitCode = 2;
  }
}

/** What commands of the apps need of a shop whose stores run. */
export function shopIn(dir) {
  const secretsFolder = join(dir, 'secrets');
  const stores = join(secretsFolder, 'stores.json');
  if (!existsSync(stores)) throw new Failure(`There is no shop in ${dir}: npm start makes one.`);
  // Commands serve nobody, but their configuration is the service's.
  const ports = Object.fromEntries(portsOfApps().map((name) => [name, 0]));
  return { dir, ports, secrets: loadSecrets(secretsFolder), stores: JSON.parse(readFileSync(stores, 'utf8')) };
}

/** As shopIn, of one whose apps run: a command can ask them. */
export function runningShopIn(dir) {
  const shop = shopIn(dir);
  const file = join(dir, 'state.json');
  const running = existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, 'utf8')).processes) : [];
  if (running.length === 0) throw new Failure(`No shop runs in ${dir}: npm start does.`);
  const ports = Object.fromEntries(
    running.map(([name, { grpc }]) => [portNamesOf({ app: name.split('.')[0], name }).grpc, grpc]),
  );
  return { ...shop, ports: { ...shop.ports, ...ports } };
}

/** Runs a command of an app, which tells people itself what it does; answers its exit code. Migrations run as the tables' owner. */
export function runOneShot(app, [command, ...args], shop) {
  const owner = command === 'migrate' ? ownerEnvironmentOf(app, shop) : {};
  const { status } = spawnSync(process.execPath, [`dist/${command}.js`, ...args], {
    cwd: join(root, app),
    env: { ...environmentOf(app, shop), ...owner },
    stdio: 'inherit',
  });
  return status ?? 1;
}

function parse(options, help) {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new Failure(`${error.message}\n\n${help}`);
  }
}
