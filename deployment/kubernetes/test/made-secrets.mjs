// What make-secrets.mjs would tell a cluster.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../local/workspace.mjs';

/** The Secrets that it makes, keeping what they are made of in a folder. */
export function madeSecrets(folder, ...options) {
  const script = join(root, 'deployment', 'kubernetes', 'make-secrets.mjs');
  const stdio = ['ignore', 'pipe', 'ignore'];
  return JSON.parse(execFileSync(process.execPath, [script, folder, ...options], { stdio })).items;
}

/** Of those in a namespace: the keys by the name of the Secret. */
export function keysOf(secrets, namespace) {
  const there = secrets.filter(({ metadata }) => metadata.namespace === namespace);
  return new Map(there.map(({ metadata, stringData }) => [metadata.name, Object.keys(stringData)]));
}
