import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from './progress.mjs';
import { root } from './workspace.mjs';

/** Runs the stores of a folder as long as the work does, and stops them whatever becomes of it. */
export async function withStores({ dir, options = [], onStart = () => undefined }, work) {
  const starter = spawn(
    process.execPath,
    [join(root, 'deployment/local/start.mjs'), '--stores-only', '--dir', dir, ...options],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  const ended = new Promise((resolve) => starter.once('exit', resolve));
  onStart(starter);
  try {
    await untilReady(dir, starter);
    return await work();
  } finally {
    starter.kill('SIGTERM');
    await ended;
  }
}

async function untilReady(dir, starter) {
  while (!existsSync(join(dir, 'state.json')) || !starterWroteIt()) {
    if (starter.exitCode !== null || starter.signalCode !== null) throw new Failure('The stores did not start.');
    await delay(200);
  }

  // What an earlier run left behind does not count.
  function starterWroteIt() {
    const note = join(dir, 'run', 'start.json');
    return existsSync(note) && JSON.parse(readFileSync(note, 'utf8') || '{}').pid === starter.pid;
  }
}
