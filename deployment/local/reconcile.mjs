#!/usr/bin/env node
// What `npm run reconcile` runs, beside a running `npm start`: docs/operations.md says when.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readDotEnv } from './dot-env.mjs';
import { runningShopIn, runOneShot } from './one-shots.mjs';
import { reportFailure } from './progress.mjs';
import { root } from './workspace.mjs';

const HELP = `npm run reconcile -- [options]      compares all orders with stock and payments

  --mend            does what is safe: sends an event again, opens a refund that is missing, records a payment that the provider has
  --dir <folder>    of the npm start that keeps its files there, instead of .local

Exit code 0: no drift; 1: drift is left; 2: it could not look. With Compose: docker compose run --rm --no-deps orders-service dist/reconcile.js [--mend]`;

const flags = {
  mend: { type: 'boolean', default: false },
  dir: { type: 'string', default: '.local' },
  help: { type: 'boolean', short: 'h', default: false },
};

try {
  readDotEnv();
  const { values } = parseArgs({ options: flags });
  if (values.help) console.log(HELP);
  else process.exitCode = reconcile(values);
} catch (error) {
  reportFailure(error);
  process.exitCode = 2;
}

function reconcile({ mend, dir }) {
  const shop = runningShopIn(resolve(root, dir));
  return runOneShot('orders-service', ['reconcile', ...(mend ? ['--mend'] : [])], shop);
}
