import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseMongodb } from './mongodb-program.mjs';
import { requireFrom } from './workspace.mjs';

const DATABASE = 'products';
// A user, a role.
const EXISTS = [51003, 51002];

/** MongoDB, or what stands in for it, with a root for the operator and a user who may use one database. */
export async function startMongodb(context) {
  const { dir, secrets, supervisor } = context;
  mkdirSync(join(dir, 'data'), { recursive: true });
  const program = await chooseMongodb(context);
  const data = join(dir, 'data', `mongodb-${program.kind}`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const addresses = addressesOf(context);
  const server = (auth, asRoot) => serverOf({ ...context, program, data, auth, asRoot });
  // Users must exist before a server asks for them: the first start is without, and nobody else is told of it.
  const provisioned = join(data, '.users-made');
  if (program.kind !== 'docker' && !existsSync(provisioned)) {
    const { open } = addresses;
    await supervisor.start(server(false, open));
    await withAdmin(open, (admin) => createUsers(admin, secrets));
    await supervisor.stopOne('mongodb');
    writeFileSync(provisioned, '');
  }
  const { rootUri, uri, ownerUri, backupUri } = addresses;
  await supervisor.start(server(true, rootUri));
  await withAdmin(rootUri, (admin) => createUsers(admin, secrets));
  return { rootUri, uri, ownerUri, backupUri };
}

function addressesOf({ dir, ports, secrets }) {
  const server = new URL(`mongodb://127.0.0.1:${ports.mongodb}`);
  const options = { directConnection: 'true', tls: 'true', tlsCAFile: join(dir, 'tls', 'ca.crt') };
  for (const [name, value] of Object.entries(options)) server.searchParams.set(name, value);
  const as = (user, secret, database) => {
    const address = new URL(server);
    Object.assign(address, { username: user, password: secrets[secret], pathname: `/${database}` });
    address.searchParams.set('authSource', 'admin');
    return address.toString();
  };
  return {
    open: server.toString(),
    rootUri: as('root', 'mongodb-root', 'admin'),
    uri: as(DATABASE, 'mongodb-products', DATABASE),
    ownerUri: as('products_owner', 'mongodb-products-owner', DATABASE),
    backupUri: as('backup', 'mongodb-backup', DATABASE),
  };
}

function serverOf({ dir, ports, program, data, auth, asRoot }) {
  const secretFile = join(dir, 'secrets', 'mongodb-root');
  return {
    name: 'mongodb',
    rank: 0,
    command: program.command,
    args: program.launch({ data, port: ports.mongodb, auth, secretFile, tls: join(dir, 'tls') }),
    cwd: data,
    env: { PATH: process.env.PATH, HOME: data, LANG: 'C.UTF-8', ...program.env },
    timeoutMs: 120_000,
    ready: () => withAdmin(asRoot, (admin) => isReady(admin, program.kind)),
  };
}

function isReady(admin, kind) {
  return kind === 'docker' ? becomePrimary(admin, 'localhost:27017') : admin.command({ ping: 1 });
}

/** Makes a server that has not been told so the one member of its replica set. */
export async function becomePrimary(admin, host) {
  const members = [{ _id: 0, host }];
  await admin.command({ replSetInitiate: { _id: 'shop', members } }).catch(() => undefined);
  const hello = await admin.command({ hello: 1 });
  if (!hello.isWritablePrimary) throw new Error('not yet the primary');
  return hello;
}

/** The owner makes collections and indexes, the app works with documents, the backup reads. Passwords are made the given ones. */
export async function createUsers(admin, secrets) {
  const resource = { db: DATABASE, collection: '' };
  const rights = { privileges: [{ resource, actions: ['find', 'insert', 'update', 'remove'] }], roles: [] };
  await ensure(admin, { createRole: 'documents', ...rights }, { updateRole: 'documents', ...rights });
  await ensureUser(admin, DATABASE, { pwd: secrets['mongodb-products'], roles: ['documents'] });
  await ensureUser(admin, 'products_owner', {
    pwd: secrets['mongodb-products-owner'],
    roles: [{ role: 'dbOwner', db: DATABASE }],
  });
  await ensureUser(admin, 'backup', { pwd: secrets['mongodb-backup'], roles: [{ role: 'read', db: DATABASE }] });
  await ensureUser(admin, 'root', { pwd: secrets['mongodb-root'], roles: ['root'] });
}

function ensureUser(admin, name, rights) {
  const mechanisms = ['SCRAM-SHA-256'];
  return ensure(admin, { createUser: name, ...rights, mechanisms }, { updateUser: name, ...rights, mechanisms });
}

async function ensure(admin, create, update) {
  try {
    await admin.command(create);
  } catch (error) {
    if (!EXISTS.includes(error.code)) throw error;
    await admin.command(update);
  }
}

export async function withAdmin(uri, work) {
  const { MongoClient } = requireFrom('products-service', 'mongoose').mongo;
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000, connectTimeoutMS: 2_000 });
  try {
    await client.connect();
    return await work(client.db('admin'));
  } finally {
    await client.close();
  }
}
