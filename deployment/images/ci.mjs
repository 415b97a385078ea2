#!/usr/bin/env node
// npm run ci:images [-- <app> …]: what the pipeline does with an image, but for the registry: build, look at it, SBOM, scan.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inspectImage } from './inspect-image.mjs';
import { billOfMaterials } from './sbom.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const results = join(root, '.local', 'images');
const IMAGES = ['deployment', 'api-gateway', 'users-service', 'products-service', 'orders-service'];
const flags = { 'no-build': { type: 'boolean', default: false }, tag: { type: 'string', default: 'dev' } };
const { values: options, positionals } = parseArgs({ options: flags, allowPositionals: true });
const chosen = positionals.length ? positionals : IMAGES;

mkdirSync(results, { recursive: true });
const problems = [];
for (const name of chosen) {
  if (!IMAGES.includes(name)) throw new Error(`no image is called ${name}; there are ${IMAGES.join(', ')}`);
  const image = `${process.env.IMAGE_PREFIX || 'shop'}/${name}:${options.tag}`;
  if (!options['no-build']) build(name, image);
  const { figures, problems: found } = inspectImage(name, image);
  const bill = billOfMaterials(name, image);
  writeFileSync(join(results, `${name}.cdx.json`), `${JSON.stringify(bill.document, null, 2)}\n`);
  console.log(`${image}: ${figures}; ${bill.document.components.length} packages in .local/images/${name}.cdx.json`);
  problems.push(...[...found, ...bill.problems, ...scan(image)].map((problem) => `${name}: ${problem}`));
}
for (const problem of problems) console.error(`  ✗ ${problem}`);
process.exitCode = problems.length ? 1 : 0;

// IMAGE_BUILD_OPTIONS is for what a machine needs: a proxy, a network, a mirror of the base images (--build-arg BUILD_IMAGE=…).
function build(name, image) {
  const labels = { VERSION: versionOf(), REVISION: git('rev-parse', 'HEAD'), CREATED: new Date().toISOString() };
  const args = Object.entries(labels).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
  const extra = (process.env.IMAGE_BUILD_OPTIONS ?? '').split(' ').filter(Boolean);
  execFileSync('docker', ['build', ...extra, ...args, '-t', image, '-f', `${name}/Dockerfile`, '.'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function scan(image) {
  if (spawnSync('trivy', ['--version']).error) {
    console.log('  trivy is not on the PATH: no scan for known weaknesses (the pipeline has one)');
    return [];
  }
  const args = ['image', '--quiet', '--severity', 'HIGH,CRITICAL', '--ignore-unfixed', '--exit-code', '1', image];
  const { status } = spawnSync('trivy', args, { stdio: 'inherit' });
  return status === 0 ? [] : ['trivy found weaknesses (above)'];
}

function versionOf() {
  return process.env.VERSION || git('describe', '--tags', '--always');
}

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}
