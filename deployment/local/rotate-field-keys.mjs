#!/usr/bin/env node
// What `npm run rotate-field-keys` runs, beside a running `npm start`: docs/keys.md says when.
import { readDotEnv } from './dot-env.mjs';
import { runOneShot, shopIn } from './one-shots.mjs';
import { parseOptions } from './options.mjs';
import { Failure, reportFailure } from './progress.mjs';

const APPS = ['users-service', 'orders-service'];

try {
  readDotEnv();
  const { dir } = parseOptions(process.argv.slice(2));
  const shop = shopIn(dir);
  for (const app of APPS)
    if (runOneShot(app, ['rotate-field-keys'], shop) !== 0)
      throw new Failure(`${app}: not all fields are sealed with the first key.`);
} catch (error) {
  reportFailure(error);
  process.exit(1);
}
