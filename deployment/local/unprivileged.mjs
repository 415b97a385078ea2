import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { succeeds } from './commands.mjs';

const RELOCATED = '/var/lib/shop-local';

/** PostgreSQL refuses to run as root: then it gets an unprivileged user, else it runs as who we are. */
export function unprivilegedUser() {
  if (process.getuid() !== 0) return {};
  const rows = readFileSync('/etc/passwd', 'utf8').split('\n');
  const fields = rows.map((row) => row.split(':'));
  const [, , uid, gid] = fields.find(([name]) => name === 'postgres') ?? fields.find(([name]) => name === 'nobody');
  return { uid: Number(uid), gid: Number(gid) };
}

/** Programs where the user can reach them: a copy, when a folder above the clone is closed to it. */
export function reachablePrograms(folder, user) {
  if (user.uid === undefined || reaches(join(folder, 'bin', 'postgres'), user)) return folder;
  const copy = join(RELOCATED, `programs-${shortHash(folder)}`);
  if (!existsSync(join(copy, 'bin', 'postgres'))) {
    rmSync(copy, { recursive: true, force: true });
    openFolder(copy);
    cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  }
  return copy;
}

/** A folder that belongs to the user. When it cannot be reached, it is a link to one that can. */
export function ownedFolder(folder, user) {
  mkdirSync(dirname(folder), { recursive: true });
  if (user.uid === undefined) mkdirSync(folder, { recursive: true, mode: 0o700 });
  else if (!existsSync(folder)) makeOwned(folder, user);
  return realpathSync(folder);
}

/** Removes such a folder, and what it links to. */
export function removeOwnedFolder(folder) {
  if (existsSync(folder) && lstatSync(folder).isSymbolicLink())
    rmSync(realpathSync(folder), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

function makeOwned(folder, user) {
  const reachable = reaches(dirname(folder), user);
  const real = reachable ? folder : join(RELOCATED, `data-${shortHash(folder)}`);
  rmSync(folder, { force: true });
  if (!reachable) {
    rmSync(real, { recursive: true, force: true });
    openFolder(RELOCATED);
    symlinkSync(real, folder);
  }
  mkdirSync(real, { mode: 0o700 });
  chownSync(real, user.uid, user.gid);
}

function openFolder(folder) {
  const umask = process.umask(0o022);
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  process.umask(umask);
}

function reaches(path, user) {
  return succeeds('/bin/sh', ['-c', 'test -x "$0"', path], { ...user, cwd: '/' });
}

function shortHash(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
