import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './commands.mjs';
import { step } from './progress.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

const compiled = ['proto', 'service-kit', 'users-service', 'products-service', 'orders-service', 'api-gateway'];

/** What an app of the workspace brings along: its drivers serve here too, so that there is one version of each. */
export function requireFrom(workspace, name) {
  return createRequire(join(root, workspace, 'package.json'))(name);
}

export async function installPackages() {
  if (packagesAreInstalled()) return;
  await step('installing npm packages from the lockfile', () =>
    run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, timeoutMs: 900_000 }),
  );
}

export async function build() {
  const stamp = join(root, 'node_modules', '.cache', 'shop-build');
  const fingerprint = fingerprintOfSources();
  if (compiledOutputExists() && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  await step('building', () => run('npm', ['run', '--silent', 'build'], { cwd: root, timeoutMs: 600_000 }));
  mkdirSync(join(stamp, '..'), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

// npm writes what it installed to node_modules/.package-lock.json: every package of the lockfile must be there.
function packagesAreInstalled() {
  const installed = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  return Object.entries(packagesOf(join(root, 'package-lock.json')) ?? {}).every(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.optional || entry.devOptional || entry.peer) return true;
    return entry.link ? installed[path]?.link : installed[path]?.version === entry.version;
  });
}

function packagesOf(lockfile) {
  return existsSync(lockfile) ? JSON.parse(readFileSync(lockfile, 'utf8')).packages : undefined;
}

function compiledOutputExists() {
  return compiled.every((workspace) => existsSync(join(root, workspace, 'dist')));
}

function fingerprintOfSources() {
  const files = ['tsconfig.base.json', 'tsconfig.build.json', 'package-lock.json'].map((name) => join(root, name));
  const folders = compiled.map((workspace) => join(root, workspace));
  return fingerprintOf([...files, ...folders], { but: ['dist', 'test'], ending: /\.(ts|json|proto)$/ });
}

/** Changes as soon as one of the files does, by size or time of change. */
export function fingerprintOf(paths, rule) {
  const hash = createHash('sha256');
  for (const path of paths) addTo(hash, path, rule);
  return hash.digest('hex');
}

function addTo(hash, path, rule) {
  if (!existsSync(path)) return;
  const status = statSync(path);
  if (status.isFile()) {
    hash.update(`${path} ${status.size} ${status.mtimeMs}\n`);
    return;
  }
  for (const entry of readdirSync(path, { withFileTypes: true }).sort(byName)) {
    if (entry.name === 'node_modules' || entry.name.startsWith('.') || rule.but.includes(entry.name)) continue;
    if (entry.isDirectory() || rule.ending.test(entry.name)) addTo(hash, join(path, entry.name), rule);
  }
}

function byName(a, b) {
  return a.name < b.name ? -1 : 1;
}
