// Takes out of node_modules and dist what no process reads: node prune.mjs <folder> …
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const NOT_READ = /\.(map|md|markdown|ts|mts|cts|tsbuildinfo|flow|c|cc|cpp|h|gyp|gypi)$/i;
const LEFT_OUT = [
  // Second copies of a package, for browsers and bundlers
  ...['typeorm/browser', 'rxjs/src', 'rxjs/dist/esm', 'rxjs/dist/esm5', 'rxjs/dist/bundles', 'stripe/esm'],
  // Types that came along as dependencies, and the compiler, which npm keeps because optional peers name it
  ...['@types', 'typescript'],
  // The kit's support of tests
  'testing',
];
const LICENSES = /^(licen[cs]e|copying|notice)/i;
const OWN_BINARIES = `${process.platform}-${process.arch}`;

for (const folder of process.argv.slice(2).filter((name) => existsSync(name))) {
  const before = sizeOf(folder);
  for (const name of LEFT_OUT) rmSync(join(folder, name), { recursive: true, force: true });
  prune(folder);
  console.log(`${folder}: ${megabytes(before)} -> ${megabytes(sizeOf(folder))}`);
}

function prune(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (isForAnotherMachine(folder, entry.name) || isSecondCopy(folder, entry.name)) rmSync(path, { recursive: true });
    else if (entry.isDirectory()) prune(path);
    else if (isNotRead(entry.name)) rmSync(path);
  }
}

function isForAnotherMachine(folder, name) {
  return folder.endsWith('/prebuilds') && name !== OWN_BINARIES;
}

// OpenTelemetry's packages come three times, as CommonJS in src; so do its constants, twice.
function isSecondCopy(folder, name) {
  if (!folder.includes('@opentelemetry/')) return false;
  return (folder.endsWith('/build') && name !== 'src') || name.endsWith('.mjs');
}

// The images are Debian's, with glibc; licences stay with what they are of.
function isNotRead(name) {
  return (NOT_READ.test(name) && !LICENSES.test(name)) || name.endsWith('.musl.node');
}

function sizeOf(path) {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return status?.size ?? 0;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
