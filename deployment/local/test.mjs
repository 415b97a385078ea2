#!/usr/bin/env node
// What `npm test` runs: build, unit tests and the simulation beside component tests on real stores, then the system as processes, with a sample of each proof.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseEnv } from 'node:util';
import { nodeExporterProgram, prometheusProgram } from './observe.mjs';
import { withStores } from './own-stores.mjs';
import { ensurePrograms } from './packages.mjs';
import { reportFailure, warn } from './progress.mjs';
import { build, installPackages, root } from './workspace.mjs';

const folder = join(root, '.local', 'test-stores');
const results = join(root, '.local', 'test-results');
const patterns = process.argv.slice(2).filter((word) => word !== '--no-build');
const children = new Set();
const totals = { passed: 0, failed: 0, skipped: 0, broken: [] };
let isGivenUp = false;

for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void giveUp(signal));

try {
  await installPackages();
  if (!process.argv.includes('--no-build')) await build();
  await installObservers();
  rmSync(results, { recursive: true, force: true });
  mkdirSync(results, { recursive: true });
  // Side by side: the simulation computes, the component tests mostly wait for stores. Among themselves the latter share
  // stores and take turns.
  await withStores({ dir: folder, options: ['--ports', 'free', '--fresh', '--yes'], onStart: noteChild }, () =>
    Promise.all([
      jest('unit', ['unit', '--maxWorkers=1'], {}),
      jest('component', ['component', '--maxWorkers=1'], testSettings()),
    ]),
  );
  await jest('system', ['system', 'proofs', '--runInBand'], {});
} catch (error) {
  reportFailure(error);
  totals.broken.push('the run');
}
conclude();

// Alerts and dashboards are tested with them. In CI they must be; elsewhere the tests say that they were skipped.
async function installObservers() {
  try {
    await ensurePrograms([prometheusProgram, nodeExporterProgram]);
  } catch (error) {
    if (process.env.CI) throw error;
    warn(`Alerts and dashboards are not tested: ${error.message}`);
  }
}

function testSettings() {
  return parseEnv(readFileSync(join(folder, 'env', 'tests.env'), 'utf8'));
}

function noteChild(child) {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

async function jest(name, [...projects], env) {
  if (isGivenUp) return;
  const output = join(results, `${name}.json`);
  const args = [join(root, 'node_modules/jest/bin/jest.js'), '--selectProjects', ...projects];
  const report = [
    '--json',
    `--outputFile=${output}`,
    '--passWithNoTests',
    ...patterns.map((each) => `--testPathPatterns=${each}`),
  ];
  console.log(`\n  … tests: ${name}\n`);
  const child = spawn(process.execPath, [...args, ...report], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'test', ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  children.add(child);
  const ended = new Promise((resolve) => child.once('exit', (exitCode, signal) => resolve(signal ?? exitCode)));
  const code = await Promise.race([ended, lingering(child, output)]);
  children.delete(child);
  count(name, output, code);
}

// A test that failed may have left something open that keeps Jest from ending: that is one more failure, not a wait for ever.
async function lingering(child, output) {
  while (!existsSync(output)) await delay(1000, undefined, { ref: false });
  await delay(30_000, undefined, { ref: false });
  if (child.exitCode !== null || child.signalCode !== null) return new Promise(() => {});
  child.kill('SIGKILL');
  return 'something was left open';
}

function count(name, output, code) {
  if (!existsSync(output)) return totals.broken.push(`${name} (${code})`);
  const report = JSON.parse(readFileSync(output, 'utf8'));
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  if (report.numRuntimeErrorTestSuites > 0)
    totals.broken.push(`${name}: ${report.numRuntimeErrorTestSuites} test files could not run`);
  else if (code !== 0 && (report.numFailedTests === 0 || code !== 1)) totals.broken.push(`${name}: ${code}`);
  return undefined;
}

function conclude() {
  const { passed, failed, skipped, broken } = totals;
  if (broken.length) console.log(`\nNot everything could run: ${broken.join('; ')}`);
  if (passed + failed === 0) console.log('\nNo test ran.');
  console.log(`\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  process.exitCode = failed > 0 || broken.length > 0 || passed === 0 ? 1 : 0;
}

// The children stop cleanly on their own signal; each has its own things to put away.
async function giveUp(signal) {
  isGivenUp = true;
  for (const child of children) child.kill('SIGTERM');
  while ([...children].some((child) => child.exitCode === null && child.signalCode === null)) await delay(100);
  console.error(`Stopped by ${signal}.`);
  process.exit(1);
}
