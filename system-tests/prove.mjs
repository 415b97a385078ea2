#!/usr/bin/env node
// What `npm run prove` runs: the proofs of what the system promises, on real processes (CONTRIBUTING.md).
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, reportFailure, secondsSince } from '../deployment/local/progress.mjs';
import { build, installPackages, root } from '../deployment/local/workspace.mjs';

const HELP = `npm run prove -- [P02 P07 …] [options]      proves promises on real processes: all of them, or those that are named

  --size ci|S|L   how much of it: a sample, what is promised, or many rounds of that (S)
  --again         also what this very code has passed before; otherwise a long run can be stopped and taken up
  --planted       with something wrong planted in the apps: each proof has to go red
  --help          this text

What clients saw is kept in .local/proofs/ when a proof fails.`;

const proofs = join(root, 'system-tests', 'proofs');
const defects = join(root, 'system-tests', 'defects');
const flags = {
  size: { type: 'string', default: 'S' },
  again: { type: 'boolean', default: false },
  planted: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

try {
  process.exitCode = await main();
} catch (error) {
  reportFailure(error);
  process.exitCode = 2;
}

async function main() {
  const { values, positionals } = parse();
  if (values.help) return console.log(HELP) ?? 0;
  const chosen = choose(positionals);
  await installPackages();
  await build();
  return values.planted ? provePlanted(chosen, values) : proveAll(chosen, values);
}

function parse() {
  try {
    const parsed = parseArgs({ options: flags, allowPositionals: true });
    if (!['ci', 'S', 'L'].includes(parsed.values.size)) throw new Error('--size is ci, S or L.');
    return parsed;
  } catch (error) {
    throw new Failure(`${error.message}\n\n${HELP}`);
  }
}

function choose(ids) {
  const files = readdirSync(proofs).filter((file) => file.endsWith('.test.ts'));
  if (ids.length === 0) return files;
  return ids.map((id) => {
    const file = files.find((name) => name.startsWith(`${id.toLowerCase()}-`));
    if (!file) throw new Failure(`There is no proof of ${id}.`);
    return file;
  });
}

async function proveAll(files, { size, again }) {
  const startedAt = performance.now();
  const code = again ? {} : { PROOF_CODE: nameOfCode() };
  const { exitCode } = await jest(files, { PROOF_SIZE: size, ...code });
  const what = exitCode === 0 ? 'proved' : 'NOT all proved';
  console.log(`\n${files.length} promises ${what} at size ${size}, in ${secondsSince(startedAt)} s`);
  return exitCode === 0 ? 0 : 1;
}

async function provePlanted(files, { size }) {
  let notFound = 0;
  for (const file of files) {
    const planted = readdirSync(defects).filter((name) => name.startsWith(`${file.split('-')[0].toUpperCase()}-`));
    if (planted.length === 0) console.log(`  ! ${file} has no planted defect`);
    for (const defect of planted) {
      const { report } = await jest([file], { PROOF_SIZE: size, PLANTED_DEFECT: join(defects, defect) });
      const isFound = report?.numFailedTests > 0 && report.numRuntimeErrorTestSuites === 0;
      console.log(`  ${isFound ? '✓ red, as it must be' : '✗ NOT FOUND'}: ${defect}`);
      if (!isFound) notFound++;
    }
  }
  return notFound > 0 ? 1 : 0;
}

async function jest(files, env) {
  const output = join(root, '.local', 'proofs', 'results.json');
  mkdirSync(join(output, '..'), { recursive: true });
  rmSync(output, { force: true });
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/jest/bin/jest.js'),
      ...files.map((file) => `proofs/${file}`),
      ...['--selectProjects', 'proofs', '--runInBand', '--json', `--outputFile=${output}`],
    ],
    { cwd: root, env: { ...process.env, NODE_ENV: 'test', ...env }, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
  const exitCode = await new Promise((resolve) => child.once('exit', resolve));
  return { exitCode, report: readReport(output) };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

// The commit, when nothing has been changed since: only then "passed before" means this very code.
function nameOfCode() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
  return git('status', '--porcelain') === '' ? git('rev-parse', '--short=12', 'HEAD') : '';
}
