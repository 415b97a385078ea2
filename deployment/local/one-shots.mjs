import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, ownerEnvironmentOf, portNamesOf, portsOfApps } from './apps.mjs';
import { Failure } from './progress.mjs';
import { loadSecrets } from './secrets.mjs';
import { root } from './workspace.mjs';

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
