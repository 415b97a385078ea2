import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { APPS, EVENT_KEYS_OF, FIELD_KEYS_OF } from '../local/apps.mjs';
import { brokerDefinitions, brokerSecretOf, redisUsers } from '../local/store-access.mjs';
import { brokerConfiguration, brokerTls, redisConfiguration } from '../local/store-configuration.mjs';
import { AUTHORITY, brokerUrl, mongodbUri, OWN, postgresUrl } from './addresses.mjs';

/** Secrets that are made once and kept; the names are those of the files in the volume "secrets". */
export const SECRETS = [
  'postgres-users-superuser',
  'postgres-users-owner',
  'postgres-users-backup',
  'postgres-users',
  'postgres-orders-superuser',
  'postgres-orders-owner',
  'postgres-orders-backup',
  'postgres-orders',
  'mongodb-root',
  'mongodb-products-owner',
  'mongodb-backup',
  'mongodb-products',
  'mongodb-key-file',
  'redis-operator',
  'redis-viewer',
  'redis-gateway',
  'redis-commander',
  'rabbitmq-operator',
  ...APPS.map(brokerSecretOf),
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
  'elasticsearch-superuser',
  'elasticsearch-kibana',
  'elasticsearch-writer',
  'kibana-operator',
  'kibana-objects',
  'admin',
];

const STORES = ['postgres-users', 'postgres-orders', 'mongodb', 'redis', 'rabbitmq'];
const LOGGING = ['elasticsearch', 'logstash'];

/** Who has a certificate of the development authority. */
export const CERTIFICATES = { apps: [...APPS, 'operator'], stores: [...STORES, ...LOGGING] };

/** Whose containers run as users of their images, which read what everybody may read; only they have the volume. */
export const OTHER_USERS = [...STORES, ...LOGGING, 'kibana', 'filebeat', 'redis-commander'];

const STORE_TLS = { authority: AUTHORITY, certificate: `${OWN}/tls.crt`, key: `${OWN}/tls.key` };

/** What each service is given, as files in a volume of its own. Nothing is in two volumes that two services do not need. */
export function sharesOf({ secrets, tls }) {
  const all = [appShares, jobShares, storeShares, loggingShares];
  return Object.assign({}, ...all.map((shares) => shares({ secrets, tls })));
}

export function adminPassword(secrets) {
  return secrets.admin.slice(0, 24);
}

export function authorityOf(tls) {
  return readFileSync(join(tls, 'ca.crt'), 'utf8');
}

function appShares({ secrets, tls }) {
  const app = (name, own) => ({
    ...pairOf(tls, name),
    'jwt-service': secrets['jwt-service'],
    'rabbitmq-url': brokerUrl(name, secrets[brokerSecretOf(name)]),
    ...Object.fromEntries(EVENT_KEYS_OF[name].map((kind) => [`event-${kind}`, secrets[`event-${kind}`]])),
    ...Object.fromEntries(Object.values(FIELD_KEYS_OF[name] ?? {}).map((secret) => [secret, secrets[secret]])),
    ...own,
  });
  const database = (name) => ({ 'database-url': postgresUrl(name, { password: secrets[`postgres-${name}`] }) });
  const catalogue = { user: 'products', password: secrets['mongodb-products'] };
  return {
    'users-service': app('users-service', database('users')),
    'products-service': app('products-service', { 'mongodb-uri': mongodbUri(catalogue) }),
    'orders-service': app('orders-service', database('orders')),
    'api-gateway': app('api-gateway', {
      'redis-password': secrets['redis-gateway'],
      'jwt-access': secrets['jwt-access'],
      'jwt-refresh': secrets['jwt-refresh'],
    }),
  };
}

// Owners change tables: only their migrations are them, and no container that stays.
function jobShares({ secrets, tls }) {
  const accounts = SECRETS.filter((name) => /^(postgres|mongodb)-/.test(name) && name !== 'mongodb-key-file');
  const database = (name) => {
    const password = secrets[`postgres-${name}-owner`];
    return { 'database-url': postgresUrl(name, { role: `${name}_owner`, password }) };
  };
  const catalogue = { user: 'products_owner', password: secrets['mongodb-products-owner'] };
  return {
    setup: { 'ca.crt': authorityOf(tls), ...Object.fromEntries(accounts.map((name) => [name, secrets[name]])) },
    'users-owner': database('users'),
    'orders-owner': database('orders'),
    'products-owner': { 'mongodb-uri': mongodbUri(catalogue) },
    admin: { password: adminPassword(secrets) },
    ...backupShares({ secrets, tls }),
    dlq: {
      ...pairOf(tls, 'operator'),
      'jwt-service': secrets['jwt-service'],
      'rabbitmq-url': brokerUrl('operator', secrets['rabbitmq-operator']),
    },
  };
}

// Backups are written by accounts that only read, and sealed for a key that only restores have.
function backupShares({ secrets, tls }) {
  const accounts = (role, passwordOf) => ({
    'ca.crt': authorityOf(tls),
    'users-database-url': postgresUrl('users', { role: role('users'), password: passwordOf('postgres-users') }),
    'orders-database-url': postgresUrl('orders', { role: role('orders'), password: passwordOf('postgres-orders') }),
  });
  return {
    backup: {
      ...accounts(
        () => 'backup',
        (name) => secrets[`${name}-backup`],
      ),
      'mongodb-uri': mongodbUri({ user: 'backup', password: secrets['mongodb-backup'] }),
      'redis-password': secrets['redis-viewer'],
      recipient: secrets['backup-recipient'],
    },
    restore: {
      ...accounts(
        (name) => `${name}_owner`,
        (name) => secrets[`${name}-owner`],
      ),
      'mongodb-uri': mongodbUri({ user: 'products_owner', password: secrets['mongodb-products-owner'] }),
      'redis-password': secrets['redis-operator'],
      'rabbitmq-url': brokerUrl('operator', secrets['rabbitmq-operator']),
      'backup-key': secrets['backup-key'],
    },
  };
}

function storeShares({ secrets, tls }) {
  const postgres = (name) => ({
    ...pairOf(tls, `postgres-${name}`),
    password: secrets[`postgres-${name}-superuser`],
    // From inside, its own user; from outside, nobody without TLS.
    'pg_hba.conf': 'local all postgres peer\nhostssl all all all scram-sha-256',
  });
  const pair = pairOf(tls, 'mongodb');
  return {
    'postgres-users': postgres('users'),
    'postgres-orders': postgres('orders'),
    mongodb: {
      password: secrets['mongodb-root'],
      'key-file': secrets['mongodb-key-file'],
      'ca.crt': pair['ca.crt'],
      'tls.pem': pair['tls.crt'] + pair['tls.key'],
    },
    redis: { ...pairOf(tls, 'redis'), password: secrets['redis-viewer'], 'redis.conf': redis(secrets) },
    rabbitmq: {
      ...pairOf(tls, 'rabbitmq'),
      'definitions.json': brokerDefinitions(secrets),
      'rabbitmq.conf': broker(),
    },
    'redis-commander': {
      'ca.crt': authorityOf(tls),
      'redis-password': secrets['redis-viewer'],
      'http-password': secrets['redis-commander'],
    },
  };
}

// The profile "logging": who writes lines cannot read them, and who reads them cannot change anything.
function loggingShares({ secrets, tls }) {
  const ca = { 'ca.crt': authorityOf(tls) };
  return {
    elasticsearch: { ...pairOf(tls, 'elasticsearch'), password: secrets['elasticsearch-superuser'] },
    logstash: { ...pairOf(tls, 'logstash'), password: secrets['elasticsearch-writer'] },
    filebeat: ca,
    kibana: { ...ca, password: secrets['elasticsearch-kibana'], 'objects-key': secrets['kibana-objects'] },
    'logging-setup': {
      ...ca,
      'superuser-password': secrets['elasticsearch-superuser'],
      'kibana-password': secrets['elasticsearch-kibana'],
      'writer-password': secrets['elasticsearch-writer'],
      'operator-password': secrets['kibana-operator'],
    },
  };
}

function pairOf(tls, name) {
  const read = (file) => readFileSync(join(tls, file), 'utf8');
  return { 'ca.crt': authorityOf(tls), 'tls.crt': read(`${name}.crt`), 'tls.key': read(`${name}.key`) };
}

function redis(secrets) {
  const lines = redisConfiguration({ port: 6379, data: '/data', tls: STORE_TLS, users: redisUsers(secrets) });
  return [...lines, 'maxmemory 192mb'].join('\n');
}

function broker() {
  const lines = brokerConfiguration({ listener: 5671, tls: STORE_TLS, definitions: `${OWN}/definitions.json` });
  const management = { port: 15671, ...brokerTls(STORE_TLS) };
  return [...lines, ...Object.entries(management).map(([name, value]) => `management.ssl.${name} = ${value}`)].join(
    '\n',
  );
}
