import { createSecretKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentOf } from '../local/apps.mjs';
import { runOneShot, shopIn } from '../local/one-shots.mjs';
import { withStores } from '../local/own-stores.mjs';
import { Failure } from '../local/progress.mjs';
import { requireFrom, root } from '../local/workspace.mjs';
import { Refusal } from './refusal.mjs';

const HOUR_MS = 3_600_000;

export const APP_OF = { users: 'users-service', orders: 'orders-service' };

/** Works on the stores of a folder: those that run, or else started for it and stopped afterwards. */
export async function withOwnStores({ dir, ports }, work) {
  const state = join(dir, 'state.json');
  const starter = runningStart(dir);
  if (!starter) return withStores({ dir, options: ['--ports', ports] }, () => work(new OwnShop(dir)));
  if (!existsSync(state)) throw new Refusal(`The shop in ${dir} is just starting (process ${starter}): stop it first.`);
  const apps = Object.keys(JSON.parse(readFileSync(state, 'utf8')).processes);
  if (apps.length > 0) throw new Refusal(`The shop in ${dir} runs (process ${starter}): stop it first, with Ctrl-C.`);
  return work(new OwnShop(dir));
}

/** The apps of a shop that npm start has made, whose commands a restore can run. */
class OwnShop {
  constructor(dir) {
    this.shop = shopIn(dir);
  }

  /** @throws Refusal unless this version knows how to make the schema that the backup was made of. */
  refuseUnknownMigrations(name, migrations) {
    const known = readdirSync(join(root, APP_OF[name], 'dist', 'migrations')).map((file) => file.split('-')[0]);
    const unknown = migrations.filter((each) => !known.includes(each.slice(-13)));
    if (unknown.length > 0)
      throw new Refusal(`The backup is of a newer version: ${APP_OF[name]} here has no ${unknown.join(', ')}.`);
  }

  /** @throws Refusal when a sealed field of the backup cannot be opened with the keys that the apps here have. */
  refuseForeignKeys(name, sealed) {
    const { FieldCipher } = requireFrom(APP_OF[name], '@shop/service-kit');
    const cipher = new FieldCipher(keyRing(environmentOf(APP_OF[name], this.shop).FIELD_KEY));
    for (const { field, key, sample } of sealed) {
      const { row } = JSON.parse(Buffer.from(sample.split('.')[0], 'base64url').toString());
      try {
        cipher.open(sample, { field, row });
      } catch {
        throw new Refusal(
          `FIELD_KEY of ${APP_OF[name]} is not the one called "${key}" that ${field} was sealed with: put that key back first (docs/keys.md).`,
        );
      }
    }
  }

  makeSchema(name, until) {
    this.#run(APP_OF[name], ['migrate', ...(until ? [until] : [])]);
  }

  /** Runs the migrations that came after the backup; each app proves on the way that its keys open what it keeps. */
  migrate() {
    for (const app of [...Object.values(APP_OF), 'products-service']) this.#run(app, ['migrate']);
  }

  /** What the payment provider has done since the backup, or shortly before it: clocks differ. */
  settlePayments(takenAt) {
    const since = new Date(Date.parse(takenAt) - HOUR_MS);
    this.#run('orders-service', ['settle-payments', since.toISOString()]);
  }

  makeCollections() {
    this.#run('products-service', ['migrate']);
  }

  #run(app, command) {
    if (runOneShot(app, command, this.shop) !== 0)
      throw new Failure(`${app}: "${command.join(' ')}" failed; the restore is not complete.`);
  }
}

function runningStart(dir) {
  const note = join(dir, 'run', 'start.json');
  if (!existsSync(note)) return undefined;
  const { pid } = JSON.parse(readFileSync(note, 'utf8') || '{}');
  try {
    process.kill(pid, 0);
    return pid;
  } catch {
    return undefined;
  }
}

// "<name>:<key>,<name>:<key>", as the apps read it.
function keyRing(text) {
  const keys = text
    .split(/[,\n]/)
    .filter(Boolean)
    .map((entry) => entry.trim().split(':'));
  return new Map(keys.map(([name, key]) => [name, createSecretKey(Buffer.from(key, 'base64'))]));
}
