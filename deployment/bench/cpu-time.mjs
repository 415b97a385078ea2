import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';

// Linux tells processor time in these, whatever the kernel's own clock is.
const MS_PER_TICK = 10;

/** Milliseconds of CPU that each named process has used so far, with all that it started, from the operating system. */
export function cpuMsOf(pids) {
  const table = processTable();
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, cpuMsOfTree(table, pid)]));
}

/** Milliseconds of CPU that everything on this machine has used so far. */
export function busyMsOfMachine() {
  return cpus().reduce((total, { times }) => total + times.user + times.nice + times.sys + times.irq, 0);
}

/** Megabytes of memory that each process, without its children, holds now. */
export function residentMbOf(pids) {
  return Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentKbOf(pid) / 1024]));
}

function cpuMsOfTree(table, pid) {
  const own = table.find((row) => row.pid === pid);
  const children = table.filter((row) => row.parent === pid);
  return children.reduce((sum, child) => sum + cpuMsOfTree(table, child.pid), own?.cpuMs ?? 0);
}

function processTable() {
  return existsSync('/proc/self/stat') ? fromProc() : fromPs();
}

function fromProc() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const text = readProc(pid, 'stat');
    if (!text) return [];
    // After the name, which may contain anything: state, parent, and from the twelfth on user, system, and the same of
    // children that have ended and been waited for.
    const fields = text.slice(text.lastIndexOf(') ') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    return [{ pid: Number(pid), parent: Number(fields[1]), cpuMs: ticks * MS_PER_TICK }];
  });
}

function fromPs() {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,time='], { encoding: 'utf8' });
  const rows = stdout.trim().split('\n');
  return rows.map((row) => {
    const [pid, parent, time] = row.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), cpuMs: toMs(time) };
  });
}

/** "1-02:03:04", "02:03:04" or "3:04.56". */
function toMs(time) {
  const [clock, days = '0'] = time.split('-').reverse();
  const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  return (Number(days) * 86_400 + seconds) * 1000;
}

function residentKbOf(pid) {
  if (existsSync('/proc/self/stat')) return Number(/^VmRSS:\s+(\d+)/m.exec(readProc(pid, 'status') ?? '')?.[1] ?? 0);
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim());
}

function readProc(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined; // gone, or somebody else's
  }
}
