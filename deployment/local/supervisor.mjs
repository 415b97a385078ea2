import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLineOf } from './commands.mjs';
import { forgetProcess, noteProcess } from './process-identity.mjs';
import { Failure, warn } from './progress.mjs';

const STEADY_AFTER_MS = 10_000;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Starts servers, starts again what dies, and stops all of it in reverse order of rank.
 * A server is { name, rank, command, args, cwd, env, uid, gid, ready(), stopSignal, timeoutMs }.
 */
export class Supervisor {
  #runs = new Map();
  #stopping = false;

  constructor({ logFolder, runFolder, onChange }) {
    this.logFolder = logFolder;
    this.runFolder = runFolder;
    this.onChange = onChange;
  }

  logFileOf(name) {
    return join(this.logFolder, `${name}.log`);
  }

  pidOf(name) {
    return this.#runs.get(name)?.child?.pid;
  }

  /** Starts a server and waits until it is ready; fails in one sentence when it ends before. */
  async start(server) {
    if (this.#stopping) throw new Failure('Stopped.');
    const run = { server, quickDeaths: 0, starting: true };
    this.#runs.set(server.name, run);
    this.#spawn(run);
    await this.#waitUntilReady(run);
    run.starting = false;
  }

  async stopOne(name) {
    const run = this.#runs.get(name);
    if (!run) return;
    run.stopped = true;
    this.#runs.delete(name);
    await endChild(run);
    forgetProcess(this.runFolder, name);
  }

  async stopAll() {
    this.#stopping = true;
    const ranks = [...new Set([...this.#runs.values()].map((run) => run.server.rank))].sort((a, b) => b - a);
    for (const rank of ranks) {
      const names = [...this.#runs.values()].filter((run) => run.server.rank === rank).map((run) => run.server.name);
      await Promise.all(names.map((name) => this.stopOne(name)));
    }
  }

  #spawn(run) {
    const { name, command, args, cwd, env, uid, gid } = run.server;
    mkdirSync(dirname(this.logFileOf(name)), { recursive: true });
    const log = openSync(this.logFileOf(name), 'a', 0o640);
    run.startedAt = performance.now();
    run.child = spawn(command, args, { cwd, env, uid, gid, stdio: ['ignore', log, log], detached: true });
    closeSync(log);
    run.child.once('error', (error) => this.#ended(run, error.message));
    run.child.once('exit', (code, signal) => this.#ended(run, signal ?? `exit code ${code}`));
    if (run.child.pid) noteProcess(this.runFolder, name, run.child.pid);
  }

  #ended(run, how) {
    run.end = how;
    if (run.stopped || run.starting || this.#stopping) return;
    const steady = performance.now() - run.startedAt > STEADY_AFTER_MS;
    run.quickDeaths = steady ? 0 : run.quickDeaths + 1;
    const pauseMs = run.quickDeaths === 0 ? 0 : Math.min(100 * 2 ** (run.quickDeaths - 1), LONGEST_PAUSE_MS);
    warn(`${run.server.name} ended (${how}); starting it again`);
    void this.#startAgain(run, pauseMs);
  }

  async #startAgain(run, pauseMs) {
    await delay(pauseMs);
    if (run.stopped || this.#stopping) return;
    run.end = undefined;
    this.#spawn(run);
    this.onChange();
  }

  async #waitUntilReady(run) {
    const { name, ready, timeoutMs = 60_000 } = run.server;
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      if (run.end !== undefined || performance.now() > deadline) throw this.#didNotStart(name, run.end);
      if (this.#stopping) throw new Failure('Stopped.');
      try {
        return await ready();
      } catch {
        await delay(100);
      }
    }
  }

  #didNotStart(name, end) {
    const log = this.logFileOf(name);
    const why = end === undefined ? 'did not become ready' : `did not start (${end})`;
    return new Failure(`${name} ${why}: ${lastLineOf(log)}\nIts log is ${log}.`);
  }
}

// Each server leads its own process group: Ctrl-C reaches only us, and nothing of it is left in the end.
async function endChild(run) {
  const { child, server } = run;
  if (!child?.pid) return;
  if (child.exitCode === null && child.signalCode === null) {
    const exit = new Promise((resolve) => child.once('exit', resolve));
    child.kill(server.stopSignal ?? 'SIGTERM');
    child.kill('SIGCONT');
    await Promise.race([exit, delay(server.stopTimeoutMs ?? 15_000, undefined, { ref: false })]);
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // the group is gone, as it should be
  }
}
