#!/usr/bin/env node
// What `npm run rotate-field-keys` runs, beside a running `npm start`: docs/keys.md says when.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, portsOfApps } from './apps.mjs';
import { parseOptions } from './options.mjs';
import { Failure, reportFailure } from './progress.mjs';
import { loadSecrets } from './secrets.mjs';
import { root } from './workspace.mjs';

const APPS = ['users-service', 'orders-service'];

try {
  const dotEnv = join(root, '.env');
  if (existsSync(dotEnv)) process.loadEnvFile(dotEnv);
  const { dir } = parseOptions(process.argv.slice(2));
  const context = contextOf(dir);
  for (const app of APPS) rotate(app, context);
} catch (error) {
  reportFailure(error);
  process.exit(1);
}

function contextOf(dir) {
  const secretsFolder = join(dir, 'secrets');
  const stores = join(secretsFolder, 'stores.json');
  if (!existsSync(stores)) throw new Failure(`There is no shop in ${dir}: npm start makes one.`);
  // The command serves nobody, but its configuration is the service's.
  const ports = Object.fromEntries(portsOfApps().map((name) => [name, 0]));
  return { dir, ports, secrets: loadSecrets(secretsFolder), stores: JSON.parse(readFileSync(stores, 'utf8')) };
}

function rotate(app, context) {
  const { status } = spawnSync(process.execPath, ['dist/rotate-field-keys.js'], {
    cwd: join(root, app),
    env: environmentOf(app, context),
    stdio: 'inherit',
  });
  if (status !== 0) throw new Failure(`${app}: not all fields are sealed with the first key.`);
}
