#!/usr/bin/env node
// What `npm run prove` runs: the proofs of what the system promises, on real processes (CONTRIBUTING.md).
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Failure, reportFailure, secondsSince } from '../deployment/local/progress.mjs';
import { build, installPackages, root } from '../deployment/local/workspace.mjs';

const HELP = `npm run prove -- [P02 P07 …] [P26-P57] [options]      proves promises on real processes: all of them, or those that are named

  --size ci|S|L   how much of it: a sample, what is promised, or many rounds of that (S)
  --again         also what this very code has passed before; otherwise a long run can be stopped and taken up
  --planted       with something wrong planted in the apps: each proof has to go red
  --help          this text

What clients saw is kept in .local/proofs/ when a proof fails.`;

const proofs = join(root, 'system-tests', 'proofs');
const results = join(root, '.local', 'proofs');
const defects = join(root, 'system-tests', 'defects');
// P18 has no system: the simulation over the code itself, in parts of so many seeds.
const SIMULATION = 'p18-simulation';
const SEEDS = { ci: 2_000, S: 10_000, L: 100_000 };
const SEEDS_IN_PART = 10_000;
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
  const files = [...readdirSync(proofs).filter((file) => file.endsWith('.test.ts')), SIMULATION];
  if (ids.length === 0) return files;
  return ids.flatMap((id) => {
    const [, first, last] = /^P(\d+)-P(\d+)$/i.exec(id) ?? [];
    const isMeant = (file) =>
      first ? numberOf(file) >= first && numberOf(file) <= last : file.startsWith(`${id.toLowerCase()}-`);
    const meant = files.filter(isMeant);
    if (meant.length === 0) throw new Failure(`There is no proof of ${id}.`);
    return meant;
  });
}

function numberOf(file) {
  return file.slice(1, 3);
}

async function proveAll(files, { size, again }) {
  const startedAt = performance.now();
  const code = again ? '' : nameOfCode();
  const onSystem = files.filter((file) => file !== SIMULATION);
  const failed = [];
  if (files.includes(SIMULATION) && !(await simulate(SEEDS[size], code))) failed.push('simulation');
  if (onSystem.length > 0) {
    const { exitCode } = await jest(onSystem.map(pathOf), { PROOF_SIZE: size, PROOF_CODE: code });
    if (exitCode !== 0) failed.push('system');
  }
  const what = failed.length === 0 ? 'proved' : 'NOT all proved';
  console.log(`\n${files.length} promises ${what} at size ${size}, in ${secondsSince(startedAt)} s`);
  return failed.length === 0 ? 0 : 1;
}

async function simulate(seeds, code) {
  for (let from = 1; from <= seeds; from += SEEDS_IN_PART) {
    const count = Math.min(SEEDS_IN_PART, seeds - from + 1);
    const done = code && join(results, code, `P18-${from}-${count}.json`);
    if (done && existsSync(done)) continue;
    const env = { SIMULATION_SEEDS: String(count), SIMULATION_FIRST_SEED: String(from) };
    const { exitCode } = await jest(['simulation/order-simulation'], env, ['unit', '--testNamePattern=seeds from']);
    if (exitCode !== 0) return false;
    console.log(`    P18: seeds ${from} to ${from + count - 1} without a violation`);
    if (!done) continue;
    mkdirSync(join(done, '..'), { recursive: true });
    writeFileSync(done, `${JSON.stringify({ at: new Date().toISOString(), from, count })}\n`);
  }
  return true;
}

async function provePlanted(files, { size }) {
  let notFound = 0;
  for (const file of files.filter((one) => one !== SIMULATION)) {
    const planted = readdirSync(defects).filter((name) => name.startsWith(`${file.split('-')[0].toUpperCase()}-`));
    if (planted.length === 0) console.log(`  ! ${file} has no planted defect`);
    for (const defect of planted) {
      const { report } = await jest([pathOf(file)], { PROOF_SIZE: size, PLANTED_DEFECT: join(defects, defect) });
      const isFound = report?.numFailedTests > 0 && report.numRuntimeErrorTestSuites === 0;
      console.log(`  ${isFound ? '✓ red, as it must be' : '✗ NOT FOUND'}: ${defect}`);
      if (!isFound) notFound++;
    }
  }
  return notFound > 0 ? 1 : 0;
}

function pathOf(file) {
  return `proofs/${file}`;
}

async function jest(paths, env, project = ['proofs']) {
  const output = join(results, 'results.json');
  mkdirSync(results, { recursive: true });
  rmSync(output, { force: true });
  const args = [...paths, '--selectProjects', ...project, '--runInBand', '--json', `--outputFile=${output}`];
  const child = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let isEnded = false;
  const end = (signal) => {
    isEnded = true;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM'];
  for (const signal of signals) process.once(signal, end);
  const exitCode = await new Promise((resolve) => child.once('exit', resolve));
  for (const signal of signals) process.off(signal, end);
  if (isEnded) throw new Failure('Ended before all was proved; the same command goes on.');
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
