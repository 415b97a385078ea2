import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_KEYS_OF, FIELD_KEYS_OF } from '../local/apps.mjs';

/** Secrets that are made once and kept; the names are those of the files in the volume "secrets". */
export const SECRETS = [
  'postgres-users-superuser',
  'postgres-users',
  'postgres-orders-superuser',
  'postgres-orders',
  'mongodb-root',
  'mongodb-products',
  'mongodb-key-file',
  'redis',
  'redis-commander',
  'rabbitmq',
  'jwt-access',
  'jwt-refresh',
  'jwt-service',
  'event-order',
  'event-stock',
  'event-product',
  'event-user',
  'users-field-key',
  'users-blind-index',
  'orders-field-key',
  'admin',
];

/** Who has a certificate of the development authority. */
export const CERTIFICATES = ['users-service', 'products-service', 'orders-service', 'api-gateway'];

export const BROKER_USER = 'shop';

/** What each service is given, as files in a volume of its own. Nothing is in two volumes that two services do not need. */
export function sharesOf({ secrets, tls }) {
  const app = appShare({ secrets, tls });
  return {
    'users-service': app('users-service', { 'database-url': postgresUrl('users', secrets['postgres-users']) }),
    'products-service': app('products-service', { 'mongodb-uri': mongodbUri(secrets['mongodb-products']) }),
    'orders-service': app('orders-service', { 'database-url': postgresUrl('orders', secrets['postgres-orders']) }),
    'api-gateway': app('api-gateway', {
      'redis-password': secrets.redis,
      'jwt-access': secrets['jwt-access'],
      'jwt-refresh': secrets['jwt-refresh'],
    }),
    'postgres-users': { password: secrets['postgres-users-superuser'] },
    'postgres-orders': { password: secrets['postgres-orders-superuser'] },
    mongodb: { password: secrets['mongodb-root'], 'key-file': secrets['mongodb-key-file'] },
    redis: { password: secrets.redis, 'redis.conf': redisConfiguration(secrets.redis) },
    rabbitmq: { 'rabbitmq.conf': brokerConfiguration(secrets.rabbitmq) },
    'redis-commander': { 'redis-password': secrets.redis, 'http-password': secrets['redis-commander'] },
    admin: { password: adminPassword(secrets) },
    setup: storeSecrets(secrets),
  };
}

export function adminPassword(secrets) {
  return secrets.admin.slice(0, 24);
}

function appShare({ secrets, tls }) {
  return (name, own) => ({
    'ca.crt': readFileSync(join(tls, 'ca.crt'), 'utf8'),
    'tls.crt': readFileSync(join(tls, `${name}.crt`), 'utf8'),
    'tls.key': readFileSync(join(tls, `${name}.key`), 'utf8'),
    'jwt-service': secrets['jwt-service'],
    'rabbitmq-url': `amqp://${BROKER_USER}:${secrets.rabbitmq}@rabbitmq:5672`,
    ...Object.fromEntries(EVENT_KEYS_OF[name].map((kind) => [`event-${kind}`, secrets[`event-${kind}`]])),
    ...Object.fromEntries(Object.values(FIELD_KEYS_OF[name] ?? {}).map((secret) => [secret, secrets[secret]])),
    ...own,
  });
}

// What the one-shot that makes the accounts needs: the owners' passwords and those of the accounts.
function storeSecrets(secrets) {
  const names = SECRETS.filter((name) => /^(postgres|mongodb)-/.test(name) && name !== 'mongodb-key-file');
  return Object.fromEntries(names.map((name) => [name, secrets[name]]));
}

function postgresUrl(name, password) {
  return `postgresql://${name}:${password}@postgres-${name}:5432/${name}`;
}

function mongodbUri(password) {
  return `mongodb://products:${password}@mongodb:27017/products?authSource=admin&directConnection=true`;
}

function redisConfiguration(password) {
  return [
    `requirepass ${password}`,
    'dir /data',
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory 192mb',
    'maxmemory-policy noeviction',
  ].join('\n');
}

function brokerConfiguration(password) {
  return [
    // The first user of an empty broker: guest is never made.
    `default_user = ${BROKER_USER}`,
    `default_pass = ${password}`,
    'default_user_tags.administrator = true',
    'loopback_users.guest = true',
    'log.console = true',
    'log.console.level = warning',
  ].join('\n');
}
