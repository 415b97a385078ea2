#!/usr/bin/env node
// What `npm run audit:verify` runs, while the stores of an `npm start` do: docs/operations.md says when.
import { lookFor, runOneShot, shopIn } from './one-shots.mjs';

const HELP = `npm run audit:verify -- [options]      makes every hash of the audit trail anew, and compares

  --head <number>:<hash>   a head that was printed earlier: fails unless it is still a part of the chain
  --dir <folder>           of the npm start that keeps its files there, instead of .local

Exit code 0: whole; 1: a record was changed, removed, added or moved, and the first one is named; 2: it could not look.
With Compose: docker compose run --rm --no-deps users-service dist/verify-audit.js [--head <number>:<hash>]`;

lookFor({
  help: HELP,
  flags: { head: { type: 'string' } },
  look: ({ head, dir }) =>
    runOneShot('users-service', ['verify-audit', ...(head ? ['--head', head] : [])], shopIn(dir)),
});
