import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseMongodb } from './mongodb-program.mjs';
import { requireFrom } from './workspace.mjs';

const DATABASE = 'products';

/** MongoDB, or what stands in for it, with a root for the operator and a user who may use one database. */
export async function startMongodb(context) {
  const { dir, ports, secrets, supervisor } = context;
  mkdirSync(join(dir, 'data'), { recursive: true });
  const program = await chooseMongodb(context);
  const data = join(dir, 'data', `mongodb-${program.kind}`);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const rootUri = uriOf('root', secrets['mongodb-root'], { port: ports.mongodb, database: 'admin' });
  const uri = uriOf(DATABASE, secrets['mongodb-products'], { port: ports.mongodb, database: DATABASE });
  const server = (auth, asRoot) => serverOf({ ...context, program, data, auth, asRoot });
  // Users must exist before a server asks for them: the first start is without, and nobody else is told of it.
  const provisioned = join(data, '.users-made');
  if (program.kind !== 'docker' && !existsSync(provisioned)) {
    const open = `mongodb://127.0.0.1:${ports.mongodb}/admin?directConnection=true`;
    await supervisor.start(server(false, open));
    await withAdmin(open, (admin) => createUsers(admin, secrets));
    await supervisor.stopOne('mongodb');
    writeFileSync(provisioned, '');
  }
  await supervisor.start(server(true, rootUri));
  if (program.kind === 'docker') await withAdmin(rootUri, (admin) => createUsers(admin, secrets));
  return { rootUri, uri };
}

function serverOf({ dir, ports, program, data, auth, asRoot }) {
  const secretFile = join(dir, 'secrets', 'mongodb-root');
  return {
    name: 'mongodb',
    rank: 0,
    command: program.command,
    args: program.launch({ data, port: ports.mongodb, auth, secretFile }),
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

export async function createUsers(admin, secrets) {
  await ensureUser(admin, DATABASE, { pwd: secrets['mongodb-products'], roles: [{ role: 'readWrite', db: DATABASE }] });
  await ensureUser(admin, 'root', { pwd: secrets['mongodb-root'], roles: ['root'] });
}

async function ensureUser(admin, name, rights) {
  try {
    await admin.command({ createUser: name, ...rights, mechanisms: ['SCRAM-SHA-256'] });
  } catch (error) {
    if (error.code !== 51003) throw error; // it exists
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

function uriOf(user, password, { port, database }) {
  return `mongodb://${user}:${password}@127.0.0.1:${port}/${database}?authSource=admin&directConnection=true`;
}
