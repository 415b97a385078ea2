import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/** The root's .env, where there is one; what the environment names already wins. */
export function readDotEnv() {
  const file = join(root, '.env');
  if (existsSync(file)) process.loadEnvFile(file);
}
