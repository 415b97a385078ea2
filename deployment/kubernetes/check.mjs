#!/usr/bin/env node
// What `npm run check:k8s` runs: the chart linted, rendered for each environment, validated against Kubernetes' own schemas, and
// held to its policies. With --update, takes over alerts, dashboards and the golden file first.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { run } from '../local/commands.mjs';
import { Failure, reportFailure, step } from '../local/progress.mjs';
import { root } from '../local/workspace.mjs';
import { copiedFiles, goldenFile, goldenText } from './copies.mjs';
import { chart, ENVIRONMENTS, render } from './rendered.mjs';
import { helm, validator } from './tools.mjs';

// The oldest that the chart says it runs on, and the newest that the validator knows.
const KUBERNETES = ['1.29', '1.37'];
const tests = join(root, 'deployment', 'kubernetes', 'test');

try {
  if (await toolsAreThere()) await check(process.argv.includes('--update'));
} catch (error) {
  reportFailure(error);
  process.exitCode = 1;
}

// Where nobody has them, the other checks are worth running all the same; a pipeline has to have them.
async function toolsAreThere() {
  try {
    await helm();
    await validator();
    return true;
  } catch (error) {
    if (process.env.CI || !(error instanceof Failure)) throw error;
    console.log(`  ! the Helm chart was not checked. ${error.message}`);
    return false;
  }
}

async function check(updates) {
  if (updates) await update();
  const program = await helm();
  for (const environment of ENVIRONMENTS)
    await run(program, ['lint', '--strict', '--quiet', chart, '--values', join(chart, `values-${environment}.yaml`)]);
  const files = await Promise.all(ENVIRONMENTS.map(render));
  await step(`validating the chart against Kubernetes ${KUBERNETES.join(' and ')}`, () => validate(files));
  const names = readdirSync(tests).filter((name) => name.endsWith('.test.mjs'));
  const { status } = spawnSync(
    process.execPath,
    ['--test', '--test-reporter=spec', ...names.map((name) => join(tests, name))],
    {
      stdio: 'inherit',
    },
  );
  process.exitCode = status ?? 1;
}

async function validate(files) {
  const { command, args, env } = await validator();
  await run(command, [...args, join(tests, 'schemas'), KUBERNETES.join(','), ...files], {
    env: { ...process.env, ...env },
    timeoutMs: 600_000,
  });
}

async function update() {
  for (const { original, copy } of copiedFiles()) {
    mkdirSync(dirname(copy), { recursive: true });
    if (existsSync(original)) cpSync(original, copy);
    else rmSync(copy, { force: true });
  }
  mkdirSync(dirname(goldenFile), { recursive: true });
  writeFileSync(goldenFile, await goldenText());
}
