import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf, isBuilt, ownerEnvironmentOf } from './apps.mjs';
import { run } from './commands.mjs';
import { Failure, step } from './progress.mjs';
import { writeWhole } from './secrets.mjs';
import { fingerprintOf, root } from './workspace.mjs';

const MIGRATED = ['users-service', 'products-service', 'orders-service'];

/** Migrations, then the admin and the sample catalogue. All of it is repeatable, and left out when nothing changed. */
export async function prepareData(context) {
  const { dir, secrets } = context;
  const admin = {
    email: process.env.ADMIN_EMAIL || 'admin@shop.example',
    password: process.env.ADMIN_PASSWORD || secrets.admin.slice(0, 24),
  };
  const note = join(dir, 'data', 'prepared');
  const fingerprint = fingerprintOfPreparation(context, admin);
  if (!existsSync(note) || readFileSync(note, 'utf8') !== fingerprint) {
    await migrateAndSeed(context, admin);
    mkdirSync(join(dir, 'data'), { recursive: true });
    writeWhole(note, fingerprint);
  }
  writeWhole(join(dir, 'admin.json'), `${JSON.stringify(admin, null, 2)}\n`);
  return admin;
}

async function migrateAndSeed(context, admin) {
  await step('migrating the databases', () =>
    Promise.all(MIGRATED.map((app) => command(app, 'migrate', context, ownerEnvironmentOf(app, context)))),
  );
  await step('seeding the admin and the catalogue', () =>
    Promise.all([
      command('users-service', 'seed-admin', context, { ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password }),
      command('products-service', 'seed-catalog', context),
    ]),
  );
}

function fingerprintOfPreparation({ stores }, admin) {
  const programs = fingerprintOf(
    MIGRATED.map((app) => join(root, app, 'dist')),
    { but: [], ending: /\.js$/ },
  );
  const values = [programs, admin, stores.postgres, stores.mongodb, process.env.CURRENCY];
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

async function command(app, name, context, extra = {}) {
  if (!isBuilt(app, `${name}.js`)) return;
  const env = { ...environmentOf(app, context), ...extra };
  try {
    await run(process.execPath, [`dist/${name}.js`], { cwd: join(root, app), env, timeoutMs: 120_000 });
  } catch (error) {
    throw new Failure(`${app}: ${error.message}`);
  }
}
