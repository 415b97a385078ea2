import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './progress.mjs';

/** Runs a command to its end and answers its output; a failure names the command and its last lines. */
export function run(command, args, { cwd, env, uid, gid, timeoutMs = 120_000, terminal = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = terminal ? 'inherit' : ['ignore', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, env: env ?? process.env, uid, gid, stdio, timeout: timeoutMs });
    let output = '';
    let stdout = '';
    child.stdout?.on('data', (chunk) => ((stdout += chunk), (output += chunk)));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.on('error', (error) => reject(new Failure(`${command} could not be run: ${error.message}.`)));
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const end = signal ? `was stopped (${signal})` : `failed (exit code ${code})`;
      reject(new Failure(`"${[command, ...args].join(' ').slice(0, 160)}" ${end}: ${lastLines(output)}`));
    });
  });
}

/** Whether a command ends well; never throws. */
export function succeeds(command, args, options = {}) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 10_000, ...options }).status === 0;
}

/** The full path of a program on the PATH or in one of the given folders. */
export function findProgram(name, folders = []) {
  const all = [...folders, ...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return all.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** The last line of a log that says something, for a one-sentence failure. */
export function lastLineOf(file) {
  if (!existsSync(file)) return 'it wrote no log';
  const descriptor = openSync(file, 'r');
  const { size } = fstatSync(descriptor);
  const buffer = Buffer.alloc(Math.min(size, 8_192));
  readSync(descriptor, buffer, 0, buffer.length, Math.max(0, size - buffer.length));
  closeSync(descriptor);
  const lines = buffer.toString('utf8').trimEnd().split('\n').filter(Boolean);
  const last = (pattern) => lines.findLast((line) => pattern.test(line));
  const telling =
    last(/^\s+- [A-Z][A-Z0-9_]+ /) ??
    last(/^\S*(Error|Exception)\b|"log\.level":"error"|FATAL/) ??
    last(/error|cannot|not valid|failed/i);
  return (telling ?? lines.at(-1) ?? 'it wrote nothing').trim().slice(0, 400);
}

function lastLines(output) {
  return output.trim().split('\n').slice(-4).join(' | ').slice(-600) || 'it said nothing';
}
