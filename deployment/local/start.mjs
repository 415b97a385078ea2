#!/usr/bin/env node
// What `npm start` runs. Nothing outside Node may be imported here: the packages may not be installed yet.
import { readDotEnv } from './dot-env.mjs';
import { HELP, parseOptions } from './options.mjs';
import { Failure, reportFailure } from './progress.mjs';
import { build, installPackages } from './workspace.mjs';

try {
  requireNode(20, 19);
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.log(HELP);
  else await start(options);
} catch (error) {
  reportFailure(error);
  process.exit(1);
}

async function start(options) {
  readDotEnv();
  await installPackages();
  if (options.build) await build();
  const { runShop } = await import('./shop.mjs');
  await runShop(options);
}

function requireNode(major, minor) {
  const [ownMajor, ownMinor] = process.versions.node.split('.').map(Number);
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return;
  throw new Failure(`Node ${major}.${minor} or newer is needed; this is ${process.versions.node}.`);
}
