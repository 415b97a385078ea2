import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PORTS, root, runOnce } from './docker.mjs';

export const API = `http://127.0.0.1:${PORTS.GATEWAY_HTTP_PORT}`;

const ATTEMPTS = 5;
const PAUSE_MS = 5_000;

const run = promisify(execFile);

/** Pastes the README's lines as a reader would, who does so again when a busy machine answered 503 and there is no order. */
export async function buyAsTheReadmeSays() {
  for (let attempt = 1; ; attempt++) {
    const outcome = await pasteReadme();
    const isProblem = typeof outcome.order.status === 'number';
    if (!isProblem || attempt === ATTEMPTS) return outcome;
    console.error(`attempt ${attempt}: ${JSON.stringify(outcome.order)}`);
    await delay(PAUSE_MS);
  }
}

// Answers the order, and what it takes to see it again.
async function pasteReadme() {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const lines = /```sh\n(API=http:\/\/127\.0\.0\.1:3000;[\s\S]+?)```/.exec(readme)?.[1];
  if (!lines) throw new Error('README.md has no lines that begin with API=http://127.0.0.1:3000');
  const printed = 'echo "$EMAIL"; echo "$PASS"; echo "$TOKEN"';
  const script = `set -euo pipefail\n${lines.replace('http://127.0.0.1:3000', API)}\necho; ${printed}`;
  const { stdout } = await run('bash', ['-c', script], { cwd: root });
  const [order, , email, password, token] = stdout.trim().split('\n').slice(-5);
  return { order: JSON.parse(order), email, password, token };
}

export async function getOrder(id, token) {
  return fetch(`${API}/orders/${id}`, { headers: { authorization: `Bearer ${token}` } });
}

/** Tries again, as a client does, when a busy machine answers 503. */
export async function logIn(email, password) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(`${API}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email, password }),
    });
    if (answer.status !== 503 || attempt === ATTEMPTS) return answer;
    console.error(`attempt ${attempt}: ${await answer.text()}`);
    await delay(PAUSE_MS);
  }
}

/** What `docker compose run --rm init logins` tells its reader, and `… init admin` a program. */
export async function printedLogins() {
  const text = await initPrints('logins');
  const admin = JSON.parse(await initPrints('admin'));
  if (!text.includes(`admin: user ${admin.email}, password ${admin.password}\n`))
    throw new Error('two logins of one admin');
  const of = (what) => {
    const [, user, password] = new RegExp(`^${what}.*: user (\\S+), password (\\S+)$`, 'm').exec(text) ?? [];
    return { user, password };
  };
  return {
    admin,
    commander: of('Redis Commander'),
    broker: of('RabbitMQ'),
    users: of('PostgreSQL, database "users", tables'),
    catalogue: of('MongoDB.*, collections'),
    redis: of('Redis(?=:)'),
  };
}

export function initPrints(what) {
  return runOnce('init', what);
}
