import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findSecrets } from './find-secrets.mjs';

const git = (...args) => execFileSync('git', args, { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
const staged = git('diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z').split('\0').filter(Boolean);

// The staged text is what will be committed, not what lies in the work tree.
const secrets = staged.flatMap((path) => findSecrets(path, git('show', `:${path}`)).map((what) => `${path}: ${what}`));
if (secrets.length > 0) {
  console.error(`This looks like a secret:\n  ${secrets.join('\n  ')}`);
  console.error('Take it out. If it is none, write it differently, or commit with --no-verify and say why.');
  process.exit(1);
}

const present = staged.filter((path) => existsSync(path));
run('prettier', ['--check', '--ignore-unknown', '--log-level', 'warn'], present);
run(
  'eslint',
  ['--max-warnings', '0', '--no-warn-ignored'],
  present.filter((path) => /\.(ts|mjs|cjs)$/.test(path)),
);

function run(tool, options, files) {
  const program = join('node_modules', '.bin', tool);
  if (files.length === 0 || !existsSync(program)) return;
  const { status } = spawnSync(program, [...options, ...files], { stdio: 'inherit' });
  if (status === 0) return;
  console.error(`${tool} is not content with what is staged (see above). npm run format mends the format.`);
  process.exit(1);
}
