// The profile "backup": one when the newest is not of the last 24 hours, then one every day at BACKUP_AT (UTC). A failed one is
// tried again. With "check", says by its exit code whether there is a recent one: the container's health.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { takenAt } from '../backup/retention.mjs';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const AGAIN_MS = 15 * 60_000;
const AT = process.env.BACKUP_AT || '03:00';

if (process.argv[2] === 'check') process.exit(newest() > Date.now() - DAY_MS - 2 * HOUR_MS ? 0 : 1);
if (!/^([01]\d|2[0-3]):[0-5]\d$/.test(AT)) {
  console.error(`BACKUP_AT is "${AT}", and must be a time of day (UTC) as 03:00.`);
  process.exit(1);
}

let child;
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stop(signal));
if (newest() < Date.now() - DAY_MS) await backUp();
for (;;) {
  const due = nextTime();
  console.log(`the next backup is made at ${new Date(due).toISOString()}`);
  await delay(due - Date.now());
  await backUp();
}

async function backUp() {
  while ((await run()) !== 0) {
    console.error(`no backup was made; the next try is in ${AGAIN_MS / 60_000} minutes`);
    await delay(AGAIN_MS);
  }
}

// A process of its own each time: what it held in memory goes with it.
function run() {
  child = spawn(process.execPath, ['deployment/backup/backup.mjs'], { stdio: 'inherit' });
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

function stop(signal) {
  if (!child || child.exitCode !== null) process.exit(0);
  child.once('exit', () => process.exit(0));
  child.kill(signal);
}

function newest() {
  return Math.max(0, ...readdirSync(process.env.BACKUP_DIR).map((name) => takenAt(name) ?? 0));
}

function nextTime() {
  const [hours, minutes] = AT.split(':').map(Number);
  const due = new Date().setUTCHours(hours, minutes, 0, 0);
  return due > Date.now() ? due : due + DAY_MS;
}
