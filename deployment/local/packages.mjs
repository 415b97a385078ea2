import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findProgram, run, succeeds } from './commands.mjs';
import { Failure, step } from './progress.mjs';

const POLICY = '/usr/sbin/policy-rc.d';

let lastInstall = Promise.resolve();

/** Installs what is missing, one call after the other. A program is { title, found(), apt, brew } and, if one that runs elsewhere will do, { variables }. */
export function ensurePrograms(programs) {
  lastInstall = lastInstall.catch(() => undefined).then(() => installMissing(programs));
  return lastInstall;
}

async function installMissing(programs) {
  const missing = programs.filter((program) => !program.found());
  if (missing.length === 0) return;
  const titles = missing.map(({ title }) => title).join(' and ');
  if (findProgram('apt-get')) await step(`installing ${titles} with apt-get`, () => installWithApt(missing, titles));
  else if (findProgram('brew')) await step(`installing ${titles} with brew`, () => installWithBrew(missing));
  else throw noManager(missing, titles);
}

function noManager(missing, titles) {
  const variables = missing.map((program) => program.variables).filter(Boolean);
  const instead = variables.length > 0 ? `, or name a running one with ${variables.join(' and ')}` : '';
  return new Failure(
    `${titles} is not installed and neither apt-get nor brew is here to install it: install it yourself${instead}.`,
  );
}

async function installWithBrew(missing) {
  await run(findProgram('brew'), ['install', '--quiet', ...missing.map(({ brew }) => brew)], { timeoutMs: 900_000 });
}

async function installWithApt(missing, titles) {
  const asRoot = prefixForRoot(titles, missing);
  const names = missing.map(({ apt }) => apt);
  const install = [
    'apt-get',
    '-y',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=300',
    '--no-install-recommends',
    'install',
    ...names,
  ];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const root = (words) => {
    const [command, ...args] = [...asRoot, ...words];
    return run(command, args, { env, timeoutMs: 900_000 });
  };
  await withoutServices(asRoot, async () => {
    try {
      await root(install);
    } catch {
      await root(['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300', 'update']);
      await root(install);
    }
  });
  await disableServices(root, names);
}

function prefixForRoot(titles, missing) {
  if (process.getuid() === 0) return [];
  if (findProgram('sudo') && (process.stdin.isTTY || succeeds('sudo', ['-n', 'true']))) return ['sudo'];
  const names = missing.map(({ apt }) => apt).join(' ');
  throw new Failure(
    `${titles} must be installed, which needs root: run "sudo apt-get install ${names}" and start again.`,
  );
}

// Debian starts a service as soon as it is installed; this file is its own way of saying no.
async function withoutServices(asRoot, work) {
  if (existsSync(POLICY)) return work();
  const shell = (script) => {
    const [command, ...args] = [...asRoot, 'sh', '-c', script];
    spawnSync(command, args, { stdio: 'inherit' });
  };
  const remove = () => shell(`rm -f ${POLICY}`);
  shell(`printf '#!/bin/sh\\nexit 101\\n' > ${POLICY} && chmod 755 ${POLICY}`);
  process.once('exit', remove);
  try {
    return await work();
  } finally {
    process.off('exit', remove);
    remove();
  }
}

const SERVICES = {
  'redis-server': ['redis-server'],
  'rabbitmq-server': ['rabbitmq-server', 'epmd.service', 'epmd.socket'],
  postgresql: ['postgresql'],
  prometheus: ['prometheus'],
  'prometheus-node-exporter': ['prometheus-node-exporter'],
};

// … nor at the next boot.
async function disableServices(root, packages) {
  for (const service of packages.flatMap((name) => SERVICES[name] ?? [])) {
    const systemd = ['systemctl', 'disable', '--quiet', service];
    await root(findProgram('systemctl') ? systemd : ['update-rc.d', service, 'disable']).catch(() => undefined);
  }
}
