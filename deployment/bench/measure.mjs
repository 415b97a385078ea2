import { setTimeout as delay } from 'node:timers/promises';
import { ask } from './children.mjs';
import { cpuMsOf } from './cpu-time.mjs';

export const CONNECTIONS = 32;
const LEAST = 20;
const WARM_UP = 0.5;
const LOOK_EVERY_MS = 500;
/** Of one core, over all processes: what polling and heartbeats need. */
const AT_REST = 0.15;
const LONGEST_REST_MS = 10_000;

/** Warms up by count, then measures: rate and latency as the generator saw them, CPU as the operating system counted it. */
export async function measure({ generator, port, pids, share, requests, ...load }, total) {
  const count = Math.max(LEAST, Math.round(total * share));
  const warmUp = Math.round(count * WARM_UP);
  const order = { port, connections: CONNECTIONS, requests, ...load };
  const from = nextNumber(warmUp + count);
  await ask(generator, { ...order, count: warmUp, from });
  await untilAtRest(pids);
  const before = cpuMsOf(pids);
  const seen = await ask(generator, { ...order, count, from: from + warmUp });
  // What an answer leaves to be done afterwards (events, say) belongs to it.
  await untilAtRest(pids);
  const after = cpuMsOf(pids);
  const cpuMs = Object.fromEntries(Object.keys(pids).map((name) => [name, (after[name] - before[name]) / count]));
  return { count, ...seen, cpuMs };
}

/** CPU per second of each process that has nothing to do. */
export async function measureAtRest(pids, seconds = 5) {
  await untilAtRest(pids);
  const before = cpuMsOf(pids);
  await delay(seconds * 1000);
  const after = cpuMsOf(pids);
  return Object.fromEntries(Object.keys(pids).map((name) => [name, (after[name] - before[name]) / seconds]));
}

async function untilAtRest(pids) {
  for (let waitedMs = 0; waitedMs < LONGEST_REST_MS; waitedMs += LOOK_EVERY_MS) {
    const before = sum(cpuMsOf(pids));
    await delay(LOOK_EVERY_MS);
    if ((sum(cpuMsOf(pids)) - before) / LOOK_EVERY_MS < AT_REST) return;
  }
}

export function sum(figures) {
  return Object.values(figures).reduce((total, figure) => total + figure, 0);
}

// A number is never used twice in a run, so that an "uncached" request is one.
let numbersUsed = 1_000_000;
function nextNumber(count) {
  numbersUsed += count;
  return numbersUsed - count;
}
