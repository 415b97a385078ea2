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
    postgres: { ...postgres, ...given({ usersUrl: 'USERS_DATABASE_URL', ordersUrl: 'ORDERS_DATABASE_URL' }) },
    mongodb: mongodb || { uri: process.env.MONGODB_URI },
    redis: redis || givenRedis(),
    rabbitmq: rabbitmq || { url: process.env.RABBITMQ_URL },
  };
}

// The others must have come to rest before anything is stopped because of one.
async function allOrFirstFailure(promises) {
  const results = await Promise.allSettled(promises);
  const failed = results.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return results.map(({ value }) => value);
}

function given(names) {
  const found = Object.entries(names).filter(([, variable]) => process.env[variable]);
  return Object.fromEntries(found.map(([key, variable]) => [key, process.env[variable]]));
}

function givenRedis() {
  const { REDIS_HOST, REDIS_PORT, REDIS_USERNAME, REDIS_PASSWORD } = process.env;
  return { host: REDIS_HOST, port: Number(REDIS_PORT || 6379), username: REDIS_USERNAME, password: REDIS_PASSWORD };
}
