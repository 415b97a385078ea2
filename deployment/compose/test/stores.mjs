// Through the profile "tools", as clients of this machine come in: over TLS only, and each account as far as its rights go.
import assert from 'node:assert/strict';
import { get } from 'node:https';
import { requireFrom } from '../../local/workspace.mjs';
import { allSecrets, PORTS } from './docker.mjs';
import { initPrints, printedLogins } from './shop.mjs';

const pg = requireFrom('users-service', 'pg');
const { Redis } = requireFrom('api-gateway', 'ioredis');
const { MongoClient } = requireFrom('products-service', 'mongoose').mongo;
const { connect } = requireFrom('service-kit', 'amqplib');
const host = '127.0.0.1';
const COUNT = 'SELECT count(*)::int AS n FROM users';

export async function checkStores() {
  const ca = await initPrints('ca');
  const context = { ca, secrets: await allSecrets(), logins: await printedLogins() };
  await checkPostgres(context);
  await checkMongodb(context);
  await checkRedis(context);
  await checkBroker(context);
}

async function checkPostgres({ ca, secrets, logins }) {
  const as = (user, password, ssl = { ca }) => {
    const client = new pg.Client({ host, port: Number(PORTS.POSTGRES_PORT), database: 'users', user, password, ssl });
    return { ask: (text) => client.query(text), open: () => client.connect(), close: () => client.end() };
  };
  await assert.rejects(as('users', secrets['postgres-users'], false).open(), /no encryption/);
  await assert.rejects(as('users', secrets['postgres-users'], {}).open(), /certificate/);
  await assert.rejects(as('users', 'a guess').open(), /password authentication failed/);
  const app = as('users', secrets['postgres-users']);
  await app.open();
  assert.ok((await app.ask(COUNT)).rows[0].n >= 2);
  await assert.rejects(app.ask('CREATE TABLE mine (id int)'), /permission denied/);
  await assert.rejects(app.ask('ALTER TABLE users ADD COLUMN mine int'), /must be owner/);
  await app.close();
  const backup = as('backup', secrets['postgres-users-backup']);
  await backup.open();
  assert.ok((await backup.ask(COUNT)).rows[0].n >= 2);
  await assert.rejects(backup.ask('DELETE FROM users'), /permission denied/);
  await backup.close();
  const owner = as(logins.users.user, logins.users.password);
  await owner.open();
  await owner.ask('BEGIN; ALTER TABLE users ADD COLUMN mine int; ROLLBACK');
  await owner.close();
}

async function checkMongodb({ ca, secrets, logins }) {
  const as = async (username, password, work, tls = { tls: true, ca }) => {
    const options = { auth: { username, password }, authSource: 'admin', directConnection: true, ...tls };
    const client = new MongoClient(`mongodb://${host}:${PORTS.MONGODB_PORT}`, {
      ...options,
      serverSelectionTimeoutMS: 3_000,
    });
    try {
      return await work(client.db('products'));
    } finally {
      await client.close();
    }
  };
  const count = (db) => db.collection('products').countDocuments();
  const password = secrets['mongodb-products'];
  await assert.rejects(as('products', password, count, {}), /closed|ECONNRESET|timed out/);
  await assert.rejects(as('products', password, count, { tls: true }), /certificate/);
  await assert.rejects(as('products', 'a guess', count), /[Aa]uthentication failed/);
  assert.ok((await as('products', password, count)) > 5);
  const refused = /not authorized|[Uu]nauthorized/;
  await assert.rejects(
    as('products', password, (db) => db.dropCollection('products')),
    refused,
  );
  await assert.rejects(
    as('products', password, (db) => db.collection('products').createIndex({ mine: 1 })),
    refused,
  );
  await assert.rejects(
    as('backup', secrets['mongodb-backup'], (db) => db.collection('products').deleteMany({})),
    refused,
  );
  const { user, password: ownersPassword } = logins.catalogue;
  const indexes = await as(user, ownersPassword, (db) => db.collection('products').indexes());
  assert.ok(indexes.length > 1);
}

async function checkRedis({ ca, secrets, logins }) {
  const as = async (username, password, command, tls = { ca }) => {
    const options = { host, port: Number(PORTS.REDIS_PORT), username, password, tls, lazyConnect: true };
    const client = new Redis({ ...options, connectTimeout: 3_000, retryStrategy: () => null, enableReadyCheck: false });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(...command);
    } finally {
      client.disconnect();
    }
  };
  await assert.rejects(as('operator', logins.redis.password, ['PING'], null));
  await assert.rejects(as(undefined, undefined, ['PING']), /NOAUTH/);
  await assert.rejects(as('gateway', 'a guess', ['PING']), /closed/);
  const gateway = (...command) => as('gateway', secrets['redis-gateway'], command);
  assert.equal(await gateway('EXISTS', 'session:none'), 0);
  await assert.rejects(gateway('GET', 'another-app:key'), /NOPERM/);
  for (const command of [['FLUSHALL'], ['KEYS', '*'], ['CONFIG', 'GET', '*']]) {
    await assert.rejects(gateway(...command), /NOPERM/, command[0]);
  }
  await assert.rejects(as('commander', secrets['redis-viewer'], ['DEL', 'session:none']), /NOPERM/);
  assert.ok((await as(logins.redis.user, logins.redis.password, ['DBSIZE'])) > 0);
}

async function checkBroker({ ca, secrets, logins }) {
  const address = `${host}:${PORTS.RABBITMQ_PORT}`;
  const password = secrets['rabbitmq-users-service'];
  await assert.rejects(connect(`amqp://users-service:${password}@${address}`, { timeout: 3_000 }));
  await assert.rejects(
    connect(`amqps://users-service:a-guess@${address}`, { ca, timeout: 3_000 }),
    /ACCESS-REFUSED|403/,
  );
  const connection = await connect(`amqps://users-service:${password}@${address}`, { ca, timeout: 3_000 });
  const attempt = async (work) => {
    const channel = await connection.createConfirmChannel();
    const closed = new Promise((_, reject) => channel.once('error', reject));
    await Promise.race([closed, work(channel)]);
  };
  const refused = /ACCESS[-_]REFUSED|403/;
  const body = Buffer.from('{}');
  await assert.rejects(
    attempt(async (channel) => {
      channel.publish('shop.events', 'order.placed', body);
      await channel.waitForConfirms();
    }),
    refused,
  );
  await assert.rejects(
    attempt((channel) => channel.assertQueue('orders-service.not-mine')),
    refused,
  );
  await connection.close();
  const { user, password: operators } = logins.broker;
  assert.equal(await statusOfUi(ca, `${user}:${operators}`), 200);
  assert.equal(await statusOfUi(ca, `users-service:${password}`), 401);
  assert.equal(await statusOfUi(ca, 'guest:guest'), 401);
}

function statusOfUi(ca, auth) {
  const options = { host, port: PORTS.RABBITMQ_UI_PORT, path: '/api/whoami', auth, ca };
  return new Promise((resolve, reject) => {
    get(options, (answer) => resolve(answer.resume().statusCode)).on('error', reject);
  });
}
