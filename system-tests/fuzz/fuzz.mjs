#!/usr/bin/env node
// What `npm run fuzz` runs: Schemathesis over the OpenAPI document of a running shop, as an admin and as a customer.
import { spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { System } from '../../deployment/bench/system.mjs';
import { Failure, reportFailure, step } from '../../deployment/local/progress.mjs';
import { pythonProgram } from '../../deployment/local/python-programs.mjs';
import { installPackages, root } from '../../deployment/local/workspace.mjs';

const HELP = `npm run fuzz -- [options]      sends thousands of good and bad requests to a shop of its own: none may be answered with
                               a 5xx or otherwise than the OpenAPI document says

  --size ci|S      a sample, or everything (S)
  --seed <n>       the requests of another run again; its seed was printed
  --dir <folder>   in the shop that runs there (npm start -- --dir), without rate limits
  --help           this text`;

const SIZES = {
  ci: { phases: 'examples,fuzzing,stateful', maxExamples: 3, atLeast: 200 },
  S: { phases: 'examples,coverage,fuzzing,stateful', maxExamples: 25, atLeast: 1000 },
};
// Logging in anew, whenever a session was ended, must be cheap and end no other one; somebody has to refuse Stripe's webhooks.
const SETTINGS = {
  BCRYPT_COST: '10',
  SESSION_MAX_PER_USER: '1000',
  STRIPE_WEBHOOK_SECRET: 'whsec_forFuzzingAndNothingElse',
};
const results = join(root, '.local', 'fuzz');
const flags = {
  size: { type: 'string', default: 'S' },
  seed: { type: 'string', default: String(randomInt(2 ** 31)) },
  dir: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
};

let system;
let running;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => running?.kill(signal));

try {
  process.exitCode = await main(parse());
} catch (error) {
  reportFailure(error);
  process.exitCode = 2;
} finally {
  await system?.stop();
}

function parse() {
  const { values } = parseArgs({ options: flags });
  if (!(values.size in SIZES)) throw new Failure(`--size is ci or S.\n\n${HELP}`);
  return values;
}

async function main({ size, seed, dir, help }) {
  if (help) return console.log(HELP) ?? 0;
  const program = await schemathesis();
  const shop = dir ? readShop(resolve(root, dir)) : await startShop();
  // The admin comes last, and may well shut the customer out.
  const people = { customer: await newCustomer(shop.gateway), admin: shop.admin };
  mkdirSync(results, { recursive: true });
  let isClean = true;
  let cases = 0;
  for (const [who, account] of Object.entries(people)) {
    console.log(`\n  As ${who}, with seed ${seed}:\n`);
    const { exitCode, generated } = await fuzz(program, { ...SIZES[size], ...shop, seed, who, account });
    isClean &&= exitCode === 0;
    cases += generated;
  }
  if (cases < SIZES[size].atLeast) throw new Failure(`Only ${cases} requests were made, which proves nothing.`);
  console.log(
    `\n${cases} requests ${isClean ? 'answered as documented' : 'made, and NOT all answered as documented'}, seed ${seed}`,
  );
  return isClean ? 0 : 1;
}

function schemathesis() {
  return pythonProgram({
    requirement: 'schemathesis==4.32.5',
    what: 'which fuzzes',
    folder: join(root, '.local', 'tools', 'schemathesis'),
    script: 'schemathesis',
    entry: 'schemathesis.cli:schemathesis',
  });
}

async function startShop() {
  await installPackages();
  system = new System();
  await step('starting a shop on scratch stores', () => system.start({ build: true, settings: SETTINGS }));
  return readShop(system.dir);
}

function readShop(dir) {
  const read = (file) => JSON.parse(readFileSync(join(dir, file), 'utf8'));
  return { gateway: read('state.json').gateway, admin: read('admin.json') };
}

// With a password that is not in the document: the fuzzer would find it, and erase its own account.
async function newCustomer(gateway) {
  const account = { email: `fuzz-${randomUUID()}@example.com`, password: `pw ${randomUUID()}` };
  const answer = await fetch(`${gateway}/auth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...account, name: 'Ada Lovelace' }),
  });
  if (!answer.ok) throw new Failure(`No customer could be registered: ${answer.status}.`);
  return account;
}

async function fuzz(program, { gateway, phases, maxExamples, seed, who, account }) {
  const report = join(results, `${who}.json`);
  rmSync(report, { force: true });
  const args = [
    ...['--config-file', join(import.meta.dirname, 'schemathesis.toml'), 'run', `${gateway}/docs-json`],
    ...['--phases', phases, '--max-examples', String(maxExamples), '--seed', seed, '--generation-database', 'none'],
    ...['--report', 'json', '--report-json-path', report],
  ];
  running = spawn(program.command, [...program.args, ...args], {
    cwd: results,
    env: { ...process.env, ...program.env, FUZZ_EMAIL: account.email, FUZZ_PASSWORD: account.password },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exitCode = await new Promise((settle) => running.once('exit', (code, signal) => settle(signal ?? code)));
  if (exitCode !== 0 && exitCode !== 1) throw new Failure(`Schemathesis ended with ${exitCode}.`);
  return { exitCode, generated: JSON.parse(readFileSync(report, 'utf8')).test_cases.generated };
}
