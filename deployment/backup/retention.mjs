import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const DAY_MS = 86_400_000;
const NAME = /^shop-(\d{4}-\d{2}-\d{2})T(\d{2})-(\d{2})-(\d{2})Z\.tar\.gz\.age$/;

export function fileNameAt(time) {
  return `shop-${time.toISOString().slice(0, 19).replaceAll(':', '-')}Z.tar.gz.age`;
}

/**
 * Deletes old backups once a newer one is known to be good. Kept are those of the last 24 hours, the newest of each of the last
 * `daily` days that have any, and of each of the last `weekly` weeks that have any. Answers the names of what went.
 */
export function deleteOldBackups(folder, { good, daily, weekly }) {
  const backups = readdirSync(folder)
    .map((name) => ({ name, takenAt: takenAt(name) }))
    .filter(({ takenAt }) => takenAt !== undefined)
    .sort((a, b) => b.takenAt - a.takenAt);
  const kept = new Set([
    good,
    ...backups.filter(({ takenAt }) => takenAt > Date.now() - DAY_MS).map(({ name }) => name),
    ...newestOfEach(backups, dayOf).slice(0, daily),
    ...newestOfEach(backups, weekOf).slice(0, weekly),
  ]);
  const old = backups.map(({ name }) => name).filter((name) => !kept.has(name));
  for (const name of old) for (const file of [name, `${name}.sha256`]) rmSync(join(folder, file), { force: true });
  forgetInterrupted(folder);
  return old;
}

function forgetInterrupted(folder) {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.partial'))) {
    const file = join(folder, name);
    if (existsSync(file) && statSync(file).mtimeMs < Date.now() - DAY_MS) rmSync(file, { force: true });
  }
}

function newestOfEach(backups, period) {
  const newest = new Map();
  for (const { name, takenAt } of backups) if (!newest.has(period(takenAt))) newest.set(period(takenAt), name);
  return [...newest.values()];
}

/** When a backup was begun, by the name of its file, in milliseconds; undefined for another file. */
export function takenAt(name) {
  const [, day, hours, minutes, seconds] = NAME.exec(name) ?? [];
  return day && Date.parse(`${day}T${hours}:${minutes}:${seconds}Z`);
}

const dayOf = (time) => Math.floor(time / DAY_MS);
// Weeks begin on Mondays; 1970 began on a Thursday.
const weekOf = (time) => Math.floor((dayOf(time) + 3) / 7);
