import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './children.mjs';
import { busyMsOfMachine, cpuMsOf } from './cpu-time.mjs';

export const CONNECTIONS = 32;
/** All connections have work for half of the requests at least. */
const LEAST = 2 * CONNECTIONS;
const LOOK_EVERY_MS = 500;
/** Of one core, over all processes, more than at rest. */
const NEARLY = 0.1;
const LONGEST_REST_MS = 10_000;
const NOTHING = {};

/**
 * Warms up by count, then measures: rate and latency as the generator saw them, and what each process used beyond what
 * it uses `atRest`, as the operating system counted it.
 */
export async function measure(
  { generator, port, pids, atRest = NOTHING, share, warmUp: part = 0.5, requests, ...load },
  total,
) {
  const count = countOf(total, share);
  const warmUp = Math.round(count * part);
  const order = { port, connections: CONNECTIONS, requests, ...load };
  const from = nextNumber(warmUp + count);
  await ask(generator, { ...order, count: warmUp, from });
  await untilAtRest(pids, atRest);
  const before = look(pids);
  const seen = await ask(generator, { ...order, count, from: from + warmUp });
  // What an answer leaves to be done afterwards (events, say) belongs to it.
  await untilAtRest(pids, atRest);
  const { seconds, usedMs, othersCores } = since(before, pids);
  const own = ([name, ms]) => [name, Math.max(0, ms - (atRest[name] ?? 0) * seconds) / count];
  return { count, ...seen, othersCores, cpuMs: Object.fromEntries(Object.entries(usedMs).map(own)) };
}

export function countOf(total, share) {
  return Math.max(LEAST, Math.round(total * share));
}

/** CPU per second of each process that has nothing to do. */
export async function measureAtRest(pids, seconds = 10) {
  await untilAtRest(pids, NOTHING);
  const before = look(pids);
  await delay(seconds * 1000);
  const { usedMs } = since(before, pids);
  return Object.fromEntries(Object.entries(usedMs).map(([name, ms]) => [name, ms / seconds]));
}

function look(pids) {
  return { at: performance.now(), cpuMs: cpuMsOf({ ...pids, all: process.pid }), busyMs: busyMsOfMachine() };
}

/** What was used since; `othersCores` is what programs that are not ours took from us meanwhile. */
function since(before, pids) {
  const now = look(pids);
  const seconds = (now.at - before.at) / 1000;
  const used = (name) => now.cpuMs[name] - before.cpuMs[name];
  const othersMs = now.busyMs - before.busyMs - used('all');
  const usedMs = Object.fromEntries(Object.keys(pids).map((name) => [name, used(name)]));
  return { seconds, usedMs, othersCores: Math.max(0, othersMs / seconds / 1000) };
}

async function untilAtRest(pids, atRest) {
  const calm = sum(atRest) / 1000 + NEARLY;
  for (let waitedMs = 0; waitedMs < LONGEST_REST_MS; waitedMs += LOOK_EVERY_MS) {
    const before = sum(cpuMsOf(pids));
    await delay(LOOK_EVERY_MS);
    if ((sum(cpuMsOf(pids)) - before) / LOOK_EVERY_MS < calm) return;
  }
}

export function sum(figures) {
  return Object.values(figures).reduce((total, figure) => total + figure, 0);
}

// A number is never used twice in a run, so that an "uncached" request is one.
let numbersUsed = 1_000_000;
export function nextNumber(count) {
  numbersUsed += count;
  return numbersUsed - count;
}
