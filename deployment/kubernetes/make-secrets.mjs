#!/usr/bin/env node
// Makes every secret of a shop on Kubernetes once, keeps them in .local/kubernetes/secrets (or the folder that is named), and
// prints the Secrets that the chart and deployment/kubernetes/stores name:
// node deployment/kubernetes/make-secrets.mjs | kubectl apply -f -
// With --restore or --dlq, only the one that a restore needs, or who deals with dead letters: better not there otherwise.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { identityToRecipient } from 'age-encryption';
import { identityFrom } from '../backup/encryption.mjs';
import { adminPassword, SECRETS } from '../compose/shares.mjs';
import { APPS, EVENT_KEYS_OF, FIELD_KEYS_OF } from '../local/apps.mjs';
import { loadSecrets } from '../local/secrets.mjs';
import { brokerDefinitions, brokerSecretOf, redisUsers } from '../local/store-access.mjs';
import { root } from '../local/workspace.mjs';

const STORES = 'shop-stores';
const AUTHORITY = '/run/shop/stores.crt';

if (process.stdout.isTTY) {
  console.error(
    'These are secrets: let kubectl read them, or a file that only you can.\n  node deployment/kubernetes/make-secrets.mjs | kubectl apply -f -',
  );
  process.exit(2);
}
// What is said on the way is not for kubectl.
console.log = console.error;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { restore: { type: 'boolean', default: false }, dlq: { type: 'boolean', default: false } },
});
const folder = positionals[0] ?? join(root, '.local', 'kubernetes', 'secrets');
const secrets = loadSecrets(folder, SECRETS);
const backupKey = await identityFrom(join(folder, 'backup-key'));
const byHand = [values.restore && ofRestore(), values.dlq && ofDeadLetters()].filter(Boolean);
const items =
  byHand.length > 0 ? byHand : [...ofApps(), ...ofJobs(await identityToRecipient(backupKey)), ...ofStores()];
process.stdout.write(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items })}\n`);

function ofApps() {
  const own = {
    'api-gateway': {
      JWT_ACCESS_SECRET: secrets['jwt-access'],
      JWT_REFRESH_SECRET: secrets['jwt-refresh'],
      REDIS_PASSWORD: secrets['redis-gateway'],
    },
    'users-service': { DATABASE_URL: postgresUrl('users', 'users', '') },
    'products-service': { MONGODB_URI: mongodbUri('products') },
    'orders-service': { DATABASE_URL: postgresUrl('orders', 'orders', '') },
  };
  return APPS.map((app) =>
    secret('shop', app, {
      JWT_SERVICE_SECRET: secrets['jwt-service'],
      RABBITMQ_URL: rabbitmqUrl(app, brokerSecretOf(app)),
      ...Object.fromEntries(
        EVENT_KEYS_OF[app].map((kind) => [`EVENT_KEY_${kind.toUpperCase()}`, secrets[`event-${kind}`]]),
      ),
      ...Object.fromEntries(
        Object.entries(FIELD_KEYS_OF[app] ?? {}).map(([variable, name]) => [variable, secrets[name]]),
      ),
      ...own[app],
    }),
  );
}

function ofJobs(recipient) {
  return [
    secret('shop', 'users-owner', { DATABASE_URL: postgresUrl('users', 'users_owner', '-owner') }),
    secret('shop', 'orders-owner', { DATABASE_URL: postgresUrl('orders', 'orders_owner', '-owner') }),
    secret('shop', 'products-owner', { MONGODB_URI: mongodbUri('products_owner', 'mongodb-products-owner') }),
    secret('shop', 'admin', { ADMIN_PASSWORD: adminPassword(secrets) }),
    secret('shop', 'backup', {
      USERS_DATABASE_URL: postgresUrl('users', 'backup', '-backup'),
      ORDERS_DATABASE_URL: postgresUrl('orders', 'backup', '-backup'),
      MONGODB_URI: mongodbUri('backup', 'mongodb-backup'),
      REDIS_PASSWORD: secrets['redis-viewer'],
      BACKUP_RECIPIENT: recipient,
    }),
  ];
}

function ofRestore() {
  return secret('shop', 'restore', {
    REDIS_PASSWORD: secrets['redis-operator'],
    RABBITMQ_URL: rabbitmqUrl('operator', 'rabbitmq-operator'),
    BACKUP_KEY: backupKey,
  });
}

function ofDeadLetters() {
  return secret('shop', 'dlq', { RABBITMQ_URL: rabbitmqUrl('operator', 'rabbitmq-operator') });
}

function ofStores() {
  const role = (database, name, suffix) => {
    const password = secrets[`postgres-${database}${suffix}`];
    const pair = { username: name, password };
    const made = secret(STORES, `postgres-${database}${suffix || '-app'}`, pair);
    // CloudNativePG sets a changed password at once only when it is told to look.
    const metadata = { ...made.metadata, labels: { 'cnpg.io/reload': 'true' } };
    return { ...made, type: 'kubernetes.io/basic-auth', metadata };
  };
  const postgres = (database) => [
    role(database, `${database}_owner`, '-owner'),
    role(database, database, ''),
    role(database, 'backup', '-backup'),
  ];
  const mongodb = ['mongodb-products', 'mongodb-products-owner', 'mongodb-backup'];
  return [
    ...postgres('users'),
    ...postgres('orders'),
    ...mongodb.map((name) => secret(STORES, name, { password: secrets[name] })),
    secret(STORES, 'redis-users', { password: secrets['redis-operator'], 'user.acl': redisAcl() }),
    secret(STORES, 'rabbitmq-definitions', { 'definitions.json': brokerDefinitions(secrets) }),
  ];
}

// Followers and sentinels sign in without a name: as `default`, who has the operator's rights and password here.
function redisAcl() {
  const [, ...named] = redisUsers(secrets);
  const operator = named.find((line) => line.startsWith('user operator '));
  return [operator.replace('user operator ', 'user default '), ...named, ''].join('\n');
}

function postgresUrl(database, role, suffix) {
  const password = secrets[`postgres-${database}${suffix}`];
  return `postgresql://${role}:${password}@postgres-${database}-rw.${STORES}.svc:5432/${database}?sslmode=verify-full&sslrootcert=${AUTHORITY}`;
}

function mongodbUri(user, name = 'mongodb-products') {
  const options = `authSource=admin&replicaSet=mongodb&tls=true&tlsCAFile=${AUTHORITY}`;
  return `mongodb://${user}:${secrets[name]}@mongodb-svc.${STORES}.svc:27017/products?${options}`;
}

function rabbitmqUrl(user, name) {
  return `amqps://${user}:${secrets[name]}@rabbitmq.${STORES}.svc:5671`;
}

function secret(namespace, name, stringData) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque', stringData };
}
