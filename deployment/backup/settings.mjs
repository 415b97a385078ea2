import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal.mjs';

/** A variable, or the content of the file that NAME_FILE names. */
export function variable(name) {
  const file = process.env[`${name}_FILE`];
  if (!file) return process.env[name] || undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    throw new Refusal(`${name}_FILE names ${file}, which cannot be read.`);
  }
}

/** A whole number from a variable. */
export function numberVariable(name, usual) {
  const text = variable(name) ?? String(usual);
  if (!/^\d{1,4}$/.test(text)) throw new Refusal(`${name} is "${text}", which is no number of backups.`);
  return Number(text);
}

/**
 * Where each store is: what the environment names, and otherwise what `npm start` has noted of its own. `purpose` is "backup",
 * which only reads, or "restore".
 */
export function storeAddresses(dir, purpose) {
  const own = ownAddresses(dir)[purpose];
  const stores = {
    users: variable('USERS_DATABASE_URL') ?? own.users,
    orders: variable('ORDERS_DATABASE_URL') ?? own.orders,
    mongodb: variable('MONGODB_URI') ?? own.mongodb,
    redis: givenRedis() ?? own.redis,
    rabbitmq: givenBroker() ?? own.rabbitmq,
  };
  const needed = {
    users: 'USERS_DATABASE_URL',
    orders: 'ORDERS_DATABASE_URL',
    mongodb: 'MONGODB_URI',
    redis: 'REDIS_HOST',
    ...(purpose === 'restore' ? { rabbitmq: 'RABBITMQ_URL' } : {}),
  };
  const missing = Object.keys(needed).filter((name) => !stores[name]);
  if (missing.length === 0) return stores;
  const variables = missing.map((name) => needed[name]).join(', ');
  throw new Refusal(`No shop that npm start made is in ${dir}, and ${variables} is not set.`);
}

/** Whether all stores are named by the environment, so that there is nothing of ours to start. */
export function allStoresAreGiven() {
  return Boolean(
    variable('USERS_DATABASE_URL') &&
    variable('ORDERS_DATABASE_URL') &&
    variable('MONGODB_URI') &&
    variable('REDIS_HOST') &&
    variable('RABBITMQ_URL'),
  );
}

// Backups only ever look; restores have the owners' accounts.
function ownAddresses(dir) {
  const file = join(dir, 'secrets', 'stores.json');
  if (!existsSync(file)) return { backup: {}, restore: {} };
  const { postgres, mongodb, redis, rabbitmq } = JSON.parse(readFileSync(file, 'utf8'));
  return {
    backup: {
      users: postgres.usersBackupUrl,
      orders: postgres.ordersBackupUrl,
      mongodb: mongodb.backupUri,
      redis: { ...redis, ...redis.viewer },
    },
    restore: {
      users: postgres.usersOwnerUrl,
      orders: postgres.ordersOwnerUrl,
      mongodb: mongodb.ownerUri,
      redis: { ...redis, ...redis.operator },
      rabbitmq: { url: rabbitmq.operatorUrl, caFile: rabbitmq.caFile },
    },
  };
}

function givenRedis() {
  const host = variable('REDIS_HOST');
  if (!host) return undefined;
  return {
    host,
    port: Number(variable('REDIS_PORT') ?? 6379),
    username: variable('REDIS_USERNAME'),
    password: variable('REDIS_PASSWORD'),
    tls: variable('REDIS_TLS') === 'true',
    caFile: variable('REDIS_CA_FILE'),
  };
}

function givenBroker() {
  const url = variable('RABBITMQ_URL');
  return url && { url, caFile: variable('RABBITMQ_CA_FILE') };
}
