import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { APPS, ownerEnvironmentOf, settingsOf } from './apps.mjs';
import { USUAL_PORTS } from './ports.mjs';
import { writeWhole } from './secrets.mjs';

/** What each app reads, and what its migration reads instead, as files for `node --env-file`: to run one by hand. */
export function writeEnvironmentFiles(context) {
  const folder = join(context.dir, 'env');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const usual = { ...context, ports: { ...USUAL_PORTS, ...context.ports } };
  for (const app of APPS) {
    writeWhole(join(folder, `${app}.env`), linesOf(settingsOf(app, usual)));
    const owner = ownerEnvironmentOf(app, context);
    if (owner) writeWhole(join(folder, `${app}.owner.env`), linesOf(owner));
  }
}

function linesOf(settings) {
  return Object.entries(settings)
    .map(([name, value]) => `${name}="${value}"\n`)
    .join('');
}
