import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from './progress.mjs';

/** Notes of what runs, so that the next start can end what a killed one left behind. */
export function noteProcess(folder, name, pid) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ pid, startedAt: startOf(pid) }));
}

export function forgetProcess(folder, name) {
  rmSync(join(folder, `${name}.json`), { force: true });
}

/** Refuses a second start on the same folder, and ends what a killed start left running. */
export async function takeOver(folder) {
  const notes = notedProcesses(folder);
  const other = notes.find((note) => note.name === 'start');
  if (other)
    throw new Failure(
      `The shop already runs from here (process ${other.pid}): stop that one first (kill ${other.pid}).`,
    );
  await Promise.all(notes.map(end));
  rmSync(folder, { recursive: true, force: true });
  noteProcess(folder, 'start', process.pid);
}

function isAlive(pid) {
  const stat = linuxStat(pid);
  if (stat !== undefined) return stat !== null && stat[0] !== 'Z';
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function notedProcesses(folder) {
  if (!existsSync(folder)) return [];
  const notes = readdirSync(folder).map((file) => ({
    name: file.replace(/\.json$/, ''),
    ...JSON.parse(readFileSync(join(folder, file), 'utf8') || '{}'),
  }));
  return notes.filter(({ pid, startedAt }) => pid && isAlive(pid) && startOf(pid) === startedAt);
}

async function end({ pid }) {
  signal(pid, 'SIGTERM');
  for (let waitedMs = 0; isAlive(pid) && waitedMs < 10_000; waitedMs += 100) await delay(100);
  signal(pid, 'SIGKILL');
  for (let waitedMs = 0; isAlive(pid) && waitedMs < 5_000; waitedMs += 100) await delay(100);
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // gone already
  }
}

// Process ids are reused: with the time it began, one is unmistakable.
function startOf(pid) {
  const stat = linuxStat(pid);
  if (stat !== undefined) return stat?.[19];
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim();
}

// The fields after the name: state first. Null: no such process; undefined: not Linux.
function linuxStat(pid) {
  if (!existsSync('/proc/self/stat')) return undefined;
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  } catch {
    return null;
  }
}
