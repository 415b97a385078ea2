import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Failure } from '../local/progress.mjs';

const running = new Set();

/** Starts one of our own programs; it ends with this process at the latest. */
export function startChild(file, args = []) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return stoppedWithOthers(child);
}

/** The child, which `stopChildren` stops as well from here on. */
export function stoppedWithOthers(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Sends it a message and answers with its next one. */
export async function ask(child, message) {
  const answered = new AbortController();
  const { signal } = answered;
  const answer = once(child, 'message', { signal });
  const end = once(child, 'exit', { signal }).then(([code, how]) => [{ error: `a child ended (${how ?? code})` }]);
  child.send(message);
  const [{ result, error }] = await Promise.race([answer, end]);
  // The one that was not first is no failure.
  Promise.allSettled([answer, end]);
  answered.abort();
  if (error) throw new Failure(error);
  return result;
}

export async function stopChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

export async function stopChildren() {
  await Promise.all([...running].map(stopChild));
}
