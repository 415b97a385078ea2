import { APPS } from './apps.mjs';
import { startMongodb } from './mongodb.mjs';
import { ensurePrograms } from './packages.mjs';
import { startPostgres } from './postgres.mjs';
import { step } from './progress.mjs';
import { rabbitmqProgram, startRabbitmq } from './rabbitmq.mjs';
import { redisProgram, startRedis } from './redis.mjs';

/** Which stores are ours to start: those that the environment does not name. */
export function storesToStart(env = process.env) {
  return {
    postgres: !(env.USERS_DATABASE_URL && env.ORDERS_DATABASE_URL),
    redis: !env.REDIS_HOST,
    rabbitmq: !env.RABBITMQ_URL,
    mongodb: !env.MONGODB_URI,
  };
}

export function portsOfStores(wanted) {
  return [
    ...(wanted.postgres ? ['postgres'] : []),
    ...(wanted.redis ? ['redis'] : []),
    ...(wanted.rabbitmq ? ['rabbitmq', 'rabbitmqNode', 'epmd'] : []),
    ...(wanted.mongodb ? ['mongodb'] : []),
  ];
}

/** Starts them side by side and answers how to reach each store, ours or given. */
export async function startStores(context) {
  const { wanted } = context;
  const programs = [...(wanted.redis ? [redisProgram] : []), ...(wanted.rabbitmq ? [rabbitmqProgram] : [])];
  const installing = ensurePrograms(programs);
  const begin = (name, title, start) => wanted[name] && step(`starting ${title}`, () => start(context));
  const afterInstalling = (...args) => installing.then(() => begin(...args));
  const [postgres, mongodb, redis, rabbitmq] = await allOrFirstFailure([
    begin('postgres', 'PostgreSQL', startPostgres),
    begin('mongodb', 'MongoDB', startMongodb),
    afterInstalling('redis', 'Redis', startRedis),
    afterInstalling('rabbitmq', 'RabbitMQ', startRabbitmq),
  ]);
  return {
    postgres: { ...postgres, ...givenPostgres() },
    mongodb: mongodb || everybody(['uri', 'ownerUri', 'backupUri'], process.env.MONGODB_URI),
    redis: redis || givenRedis(),
    rabbitmq: rabbitmq || givenRabbitmq(),
  };
}

// The others must have come to rest before anything is stopped because of one.
async function allOrFirstFailure(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return results.map(({ value }) => value);
}

// In stores that are not ours to set up, one account does everything.
function everybody(names, address) {
  return Object.fromEntries(names.map((name) => [name, address]));
}

function givenPostgres() {
  const given = {};
  for (const name of ['users', 'orders']) {
    const address = process.env[`${name.toUpperCase()}_DATABASE_URL`];
    if (address) Object.assign(given, everybody([`${name}Url`, `${name}OwnerUrl`, `${name}BackupUrl`], address));
  }
  return given;
}

function givenRabbitmq() {
  const { RABBITMQ_URL, RABBITMQ_CA_FILE } = process.env;
  return { operatorUrl: RABBITMQ_URL, urls: everybody(APPS, RABBITMQ_URL), caFile: RABBITMQ_CA_FILE };
}

function givenRedis() {
  const { REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD, REDIS_TLS, REDIS_CA_FILE } = process.env;
  const login = { username: REDIS_USERNAME, password: REDIS_PASSWORD };
  const port = Number(REDIS_PORT || 6379);
  const tls = REDIS_TLS === 'true';
  return { host: REDIS_HOST, port, tls, caFile: REDIS_CA_FILE, ...login, viewer: login, operator: login };
}
