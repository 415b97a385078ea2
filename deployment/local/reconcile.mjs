#!/usr/bin/env node
// What `npm run reconcile` runs, beside a running `npm start`: docs/operations.md says when.
import { lookFor, runningShopIn, runOneShot } from './one-shots.mjs';

const HELP = `npm run reconcile -- [options]      compares all orders with stock and payments

  --mend            does what is safe: sends an event again, opens a refund that is missing, records a payment that the provider has
  --dir <folder>    of the npm start that keeps its files there, instead of .local

Exit code 0: no drift; 1: drift is left; 2: it could not look. With Compose: docker compose run --rm --no-deps orders-service dist/reconcile.js [--mend]`;

lookFor({
  help: HELP,
  flags: { mend: { type: 'boolean', default: false } },
  look: ({ mend, dir }) => runOneShot('orders-service', ['reconcile', ...(mend ? ['--mend'] : [])], runningShopIn(dir)),
});
