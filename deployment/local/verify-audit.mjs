#!/usr/bin/env node
// What `npm run audit:verify` runs, while the stores of an `npm start` do: docs/operations.md says when.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readDotEnv } from './dot-env.mjs';
import { runOneShot, shopIn } from './one-shots.mjs';
import { reportFailure } from './progress.mjs';
import { root } from './workspace.mjs';

const HELP = `npm run audit:verify -- [options]      makes every hash of the audit trail anew, and compares

  --head <number>:<hash>   a head that was printed earlier: fails unless it is still a part of the chain
  --dir <folder>           of the npm start that keeps its files there, instead of .local

Exit code 0: whole; 1: a record was changed, removed, added or moved, and the first one is named; 2: it could not look.
With Compose: docker compose run --rm --no-deps users-service dist/verify-audit.js [--head <number>:<hash>]`;

const flags = {
  head: { type: 'string' },
  dir: { type: 'string', default: '.local' },
  help: { type: 'boolean', short: 'h', default: false },
};

try {
  readDotEnv();
  const { values } = parseArgs({ options: flags });
  if (values.help) console.log(HELP);
  else process.exitCode = verify(values);
} catch (error) {
  reportFailure(error);
  process.exitCode = 2;
}

function verify({ head, dir }) {
  return runOneShot('users-service', ['verify-audit', ...(head ? ['--head', head] : [])], shopIn(resolve(root, dir)));
}
