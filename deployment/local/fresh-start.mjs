import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { Failure } from './progress.mjs';
import { removeOwnedFolder } from './unprivileged.mjs';

const NEEDED_MB = 1_000;

/** Throws away everything that the shop made on this machine, but not the tools it installed. */
export async function startOver({ dir, yes }) {
  if (process.stdin.isTTY && !yes && existsSync(join(dir, 'data'))) await ask(dir);
  removeOwnedFolder(join(dir, 'data', 'postgres'));
  for (const name of ['data', 'secrets', 'tls', 'logs', 'admin.json', 'state.json'])
    rmSync(join(dir, name), { recursive: true, force: true });
}

export function makeFolder(dir) {
  mkdirSync(dir, { recursive: true });
  const { bavail, bsize } = statfsSync(dir);
  const freeMb = Math.floor((bavail * bsize) / 1_048_576);
  if (freeMb < NEEDED_MB)
    throw new Failure(`Only ${freeMb} MB are free under ${dir}; the shop needs ${NEEDED_MB}: free some space.`);
}

async function ask(dir) {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question(
    `Every user, order and product under ${dir} will be lost, and the keys: its backups open no more without a copy of ${join(dir, 'secrets')}. Type "yes" to start over: `,
  );
  terminal.close();
  if (answer.trim().toLowerCase() !== 'yes') throw new Failure('Nothing was changed.');
}
