import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './workspace.mjs';

/** The apps in the order in which they start; each names its ports in ports.mjs. */
export const HTTP_PORT_OF = {
  'users-service': 'usersHttp',
  'products-service': 'productsHttp',
  'orders-service': 'ordersHttp',
  'api-gateway': 'gateway',
};

export const GRPC_PORT_OF = {
  'users-service': 'usersGrpc',
  'products-service': 'productsGrpc',
  'orders-service': 'ordersGrpc',
};

export const APPS = Object.keys(HTTP_PORT_OF);

/** Every process of the apps: the first of each has the app's name, the others a number behind it. */
export function instancesOf(apps, replicas) {
  const numbers = Array.from({ length: replicas }, (_, index) => index + 1);
  return apps.flatMap((app) => numbers.map((number) => ({ app, name: number === 1 ? app : `${app}.${number}` })));
}

/** The names of an instance's ports; those of "orders-service.2" end in ".2", too. Services have their metrics on the HTTP port. */
export function portNamesOf({ app, name }) {
  const number = name.slice(app.length);
  const grpc = GRPC_PORT_OF[app];
  const http = `${HTTP_PORT_OF[app]}${number}`;
  return grpc ? { http, grpc: `${grpc}${number}` } : { http, metrics: `gatewayMetrics${number}` };
}

// What an app takes over from the user's environment, beside the variables that are set for it below.
const COMMON =
  /^(PATH|HOME|LANG|LC_ALL|TZ|TMPDIR|NODE_EXTRA_CA_CERTS|NODE_OPTIONS|LOG_LEVEL|SHUTDOWN_TIMEOUT|SHUTDOWN_DELAY|GRPC_CONNECTION_AGE|OTEL_.*|TRACE_SAMPLE_RATIO|UV_.*)$/;
const TAKES = {
  'users-service': /^(DATABASE_POOL_SIZE|PASSWORD_.*|BCRYPT_.*)$/,
  'products-service': /^(MONGODB_POOL_SIZE|CURRENCY|SAGA_.*)$/,
  'orders-service': /^(DATABASE_POOL_SIZE|CURRENCY|SAGA_.*|RECONCILE_.*|PAYMENT_.*|STRIPE_(?!WEBHOOK_).*)$/,
  'api-gateway':
    /^(JWT_.*|SESSION_.*|RATE_LIMIT_.*|CORS_ORIGINS|TRUSTED_PROXY_HOPS|MAX_REQUESTS_IN_HAND|STRIPE_WEBHOOK_.*)$/,
};

// Who sends or hears events of a kind has its key, and nobody else.
export const EVENT_KEYS_OF = {
  'users-service': ['user'],
  'products-service': ['order', 'stock', 'product'],
  'orders-service': ['order', 'stock', 'user'],
  'api-gateway': ['product', 'user'],
};

// What personal fields are sealed and found with, for one app each: in the root's variables with the app's name before it.
export const FIELD_KEYS_OF = {
  'users-service': { FIELD_KEY: 'users-field-key', BLIND_INDEX_KEY: 'users-blind-index' },
  'orders-service': { FIELD_KEY: 'orders-field-key' },
};

export function portsOfApps(replicas = 1) {
  return instancesOf(APPS, replicas).flatMap((instance) => Object.values(portNamesOf(instance)));
}

export function isBuilt(name, file = 'main.js') {
  return existsSync(join(root, name, 'dist', file));
}

/** The whole environment of one app: nothing is inherited that is not named. */
export function environmentOf(app, context, name = app) {
  return { ...settingsOf(app, context, name), ...inherited(COMMON) };
}

/** The part of it that is the app's own. */
export function settingsOf(app, { dir, ports, secrets, stores }, name = app) {
  const { http, grpc, metrics } = portNamesOf({ app, name });
  const own = {
    'users-service': () => ({ DATABASE_URL: stores.postgres.usersUrl }),
    'products-service': () => ({ MONGODB_URI: stores.mongodb.uri }),
    'orders-service': () => ({
      DATABASE_URL: stores.postgres.ordersUrl,
      PRODUCTS_GRPC_URL: grpcUrls(ports, 'products-service'),
    }),
    'api-gateway': () => gatewayEnvironment({ ports, secrets, stores }),
  };
  return {
    // For libraries; nothing of ours reads it.
    NODE_ENV: 'production',
    JWT_SERVICE_SECRET: process.env.JWT_SERVICE_SECRET || secrets['jwt-service'],
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: String(ports[http]),
    ...(grpc ? { GRPC_HOST: '127.0.0.1', GRPC_PORT: String(ports[grpc]) } : {}),
    ...(metrics ? { METRICS_HOST: '127.0.0.1', METRICS_PORT: String(ports[metrics]) } : {}),
    RABBITMQ_URL: stores.rabbitmq.urls[app],
    ...fileNamed('RABBITMQ_CA_FILE', stores.rabbitmq.caFile),
    ...eventKeysOf(app, secrets),
    ...fieldKeysOf(app, secrets),
    TLS_CA_FILE: join(dir, 'tls', 'ca.crt'),
    TLS_CERT_FILE: join(dir, 'tls', `${app}.crt`),
    TLS_KEY_FILE: join(dir, 'tls', `${app}.key`),
    ...own[app](),
    ...inherited(TAKES[app]),
  };
}

function inherited(names) {
  return Object.fromEntries(Object.entries(process.env).filter(([name, value]) => names.test(name) && value !== ''));
}

/** What a migration has instead: the account that the tables belong to. */
export function ownerEnvironmentOf(name, { stores }) {
  const { postgres, mongodb } = stores;
  return {
    'users-service': { DATABASE_URL: postgres.usersOwnerUrl },
    'products-service': { MONGODB_URI: mongodb.ownerUri },
    'orders-service': { DATABASE_URL: postgres.ordersOwnerUrl },
  }[name];
}

/** An app as the supervisor runs it; it is ready when it says so itself. */
export function serverOf({ app, name }, context) {
  return {
    name,
    rank: app === 'api-gateway' ? 3 : 2,
    command: process.execPath,
    args: ['dist/main.js'],
    cwd: join(root, app),
    env: environmentOf(app, context, name),
    timeoutMs: 90_000,
    ready: () => isReady(context.ports[portNamesOf({ app, name }).http]),
  };
}

async function isReady(port) {
  const answer = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(3_000) });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`not ready: ${answer.status}`);
}

function gatewayEnvironment({ ports, secrets, stores }) {
  const { host, port, tls, caFile, username, password } = stores.redis;
  return {
    REDIS_HOST: host,
    REDIS_PORT: String(port),
    ...(username ? { REDIS_USERNAME: username } : {}),
    REDIS_PASSWORD: password ?? '',
    REDIS_TLS: String(tls),
    ...fileNamed('REDIS_CA_FILE', caFile),
    JWT_ACCESS_SECRET: secrets['jwt-access'],
    JWT_REFRESH_SECRET: secrets['jwt-refresh'],
    USERS_GRPC_URL: grpcUrls(ports, 'users-service'),
    PRODUCTS_GRPC_URL: grpcUrls(ports, 'products-service'),
    ORDERS_GRPC_URL: grpcUrls(ports, 'orders-service'),
  };
}

function eventKeysOf(name, secrets) {
  const variable = (kind) => `EVENT_KEY_${kind.toUpperCase()}`;
  return Object.fromEntries(
    EVENT_KEYS_OF[name].map((kind) => [variable(kind), process.env[variable(kind)] || secrets[`event-${kind}`]]),
  );
}

function fieldKeysOf(name, secrets) {
  const prefix = name.replace('-service', '').toUpperCase();
  return Object.fromEntries(
    Object.entries(FIELD_KEYS_OF[name] ?? {}).map(([variable, secret]) => [
      variable,
      process.env[`${prefix}_${variable}`] || secrets[secret],
    ]),
  );
}

function fileNamed(variable, file) {
  return file ? { [variable]: file } : {};
}

// All instances of it, as a client balances over them.
function grpcUrls(ports, app) {
  const isItsOwn = (name) => name.split('.')[0] === GRPC_PORT_OF[app];
  const names = Object.keys(ports).filter(isItsOwn);
  return names.map((name) => `127.0.0.1:${ports[name]}`).join(',');
}
