import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

// A project of its own, so that the shop you may be running keeps its data and its ports.
export const PROJECT = 'shop-test';
export const PORTS = {
  GATEWAY_HTTP_PORT: '13000',
  REDIS_COMMANDER_PORT: '18081',
  POSTGRES_PORT: '15432',
  POSTGRES_ORDERS_PORT: '15433',
  MONGODB_PORT: '17017',
  REDIS_PORT: '16379',
  RABBITMQ_PORT: '25672',
  RABBITMQ_UI_PORT: '25673',
};

// How strong hashes are is not what is tested, and a busy machine needs seconds for the strong ones.
const KNOBS = { ...PORTS, BCRYPT_COST: '10' };

const run = promisify(execFile);

export async function docker(...args) {
  const { stdout } = await run('docker', args, {
    cwd: root,
    env: { ...process.env, ...KNOBS },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** `docker compose`, with the files that COMPOSE_FILE names, if it names any. */
export function compose(...args) {
  return docker('compose', '--project-name', PROJECT, ...args);
}

/** Runs a container once, and answers what it printed. */
export function runOnce(...args) {
  return compose('run', '--rm', '--no-TTY', ...args);
}

/** What `docker inspect` says of every container that is running, by its service. */
export async function runningContainers() {
  const ids = (await compose('ps', '--quiet')).split('\n').filter(Boolean);
  const all = JSON.parse(await docker('inspect', ...ids));
  return Object.fromEntries(all.map((each) => [each.Config.Labels['com.docker.compose.service'], each]));
}

/** All containers, those of the one-shots too. */
export async function allContainers() {
  const ids = (await compose('ps', '--all', '--quiet')).split('\n').filter(Boolean);
  return JSON.parse(await docker('inspect', ...ids));
}

/** Runs a line of JavaScript in an app's container, which has no shell, and answers what it printed. */
export async function evaluate(service, script) {
  return (await compose('exec', '--no-TTY', service, '/nodejs/bin/node', '-e', script)).trim();
}

/** Everything that is secret, by its name, as the init service keeps it. */
export async function allSecrets() {
  const script = `
    const { readdirSync, readFileSync, statSync } = require('node:fs');
    const names = readdirSync('/volumes/secrets').filter((name) => statSync('/volumes/secrets/' + name).isFile());
    const entries = names.map((name) => [name, readFileSync('/volumes/secrets/' + name, 'utf8').trim()]);
    console.log(JSON.stringify(Object.fromEntries(entries)));`;
  return JSON.parse(await runOnce('--no-deps', '--entrypoint', '/nodejs/bin/node', 'init', '-e', script));
}
