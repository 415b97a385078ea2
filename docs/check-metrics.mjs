// Fails when the table in metrics.md is not what the four apps measure: each is run for a moment, without its stores, and asked.
// With --write, writes the table.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { APPS, portsOfApps, settingsOf } from '../deployment/local/apps.mjs';
import { ensureCertificates } from '../deployment/local/certificates.mjs';
import { choosePorts } from '../deployment/local/ports.mjs';
import { loadSecrets } from '../deployment/local/secrets.mjs';
import { root } from '../deployment/local/workspace.mjs';

const PATIENCE_MS = 120_000;
const NOBODY = '127.0.0.1:1';
const STORES = {
  postgres: { usersUrl: `postgresql://${NOBODY}/none`, ordersUrl: `postgresql://${NOBODY}/none` },
  mongodb: { uri: `mongodb://${NOBODY}/none` },
  redis: { host: '127.0.0.1', port: 1, tls: false, password: 'none' },
  rabbitmq: { urls: Object.fromEntries(APPS.map((app) => [app, `amqp://${NOBODY}`])) },
};
// The library's own, which its documentation describes.
const OF_THE_RUNTIME = /^(process|nodejs)_/;
const [BEGIN, END] = ['<!-- metrics: npm run check:docs -->', '<!-- end of metrics -->'];

const file = join(import.meta.dirname, 'metrics.md');
const text = readFileSync(file, 'utf8');
const [before, rest] = text.split(BEGIN);
const after = rest?.split(END)[1];
if (after === undefined) throw new Error(`metrics.md has no place for the table between ${BEGIN} and ${END}`);
const options = { ...(await resolveConfig(file)), parser: 'markdown' };
const wanted = await format(`${before}${BEGIN}\n\n${table(await measured())}\n\n${END}${after}`, options);

if (process.argv.includes('--write')) writeFileSync(file, wanted);
else if (wanted !== text) {
  console.error('The table in docs/metrics.md is not what the apps measure: node docs/check-metrics.mjs --write');
  process.exitCode = 1;
}

async function measured() {
  const dir = mkdtempSync(join(tmpdir(), 'shop-metrics-'));
  try {
    await ensureCertificates(join(dir, 'tls'), { apps: APPS, stores: [] });
    const ports = await choosePorts(portsOfApps(), true);
    const context = { dir, ports, secrets: loadSecrets(join(dir, 'secrets')), stores: STORES };
    return await Promise.all(APPS.map(async (app) => [app, await metricsOf(app, settingsOf(app, context))]));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function metricsOf(app, settings) {
  const child = fork(join(import.meta.dirname, 'metrics-of-app.mjs'), [join(root, app)], {
    env: { PATH: process.env.PATH, ...settings, LOG_LEVEL: 'silent' },
    timeout: PATIENCE_MS,
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${app} ended (${code}) without telling what it measures`);
  });
  const [metrics] = await Promise.race([once(child, 'message'), ended]);
  ended.catch(() => undefined);
  return metrics.filter(({ name }) => !OF_THE_RUNTIME.test(name));
}

function table(all) {
  const rows = new Map();
  for (const [app, metrics] of all) {
    for (const { name, type, labels, help } of metrics) {
      const row = [
        `\`${name}\``,
        type,
        labels.map((label) => `\`${label}\``).join(' '),
        help.replaceAll('|', '\\|'),
      ].join(' | ');
      rows.set(row, [...(rows.get(row) ?? []), app]);
    }
  }
  const lines = [...rows].sort(([one], [other]) => (one < other ? -1 : 1));
  const head = ['| metric | type | labels | what it says | apps |', '| --- | --- | --- | --- | --- |'];
  return [
    ...head,
    ...lines.map(([row, apps]) => `| ${row} | ${apps.length === APPS.length ? 'all' : apps.join(', ')} |`),
  ].join('\n');
}
