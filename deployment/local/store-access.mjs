// Who may do what in the stores: the same for `npm start` and for Compose.
import { createHash, randomBytes } from 'node:crypto';
import { EVENT_KEYS_OF } from './apps.mjs';

const SENDER_OF = {
  user: 'users-service',
  product: 'products-service',
  stock: 'products-service',
  order: 'orders-service',
};
const EXCHANGES = ['shop.events', 'shop.dead-letters'];
const LASTING = { durable: true, auto_delete: false, internal: false, arguments: {} };

/** The secret that holds an app's password at the broker. */
export function brokerSecretOf(app) {
  return `rabbitmq-${app}`;
}

/**
 * RabbitMQ's exchanges and users, as the definitions that it loads at every start: the operator may do everything, an app
 * publish its own kinds of events, hear those that it has the keys of, and make queues with its own name.
 */
export function brokerDefinitions(secrets) {
  const apps = Object.keys(EVENT_KEYS_OF);
  return JSON.stringify({
    vhosts: [{ name: '/' }],
    exchanges: EXCHANGES.map((name) => ({ name, vhost: '/', type: 'topic', ...LASTING })),
    users: [
      brokerUser('operator', secrets['rabbitmq-operator'], ['administrator']),
      ...apps.map((app) => brokerUser(app, secrets[brokerSecretOf(app)], [])),
    ],
    permissions: [
      { user: 'operator', vhost: '/', configure: '.*', write: '.*', read: '.*' },
      ...apps.map((app) => ({ user: app, vhost: '/', ...rightsOf(app) })),
    ],
    topic_permissions: apps.flatMap((app) => topicRightsOf(app)),
  });
}

function brokerUser(name, password, tags) {
  const salt = randomBytes(4);
  const hash = createHash('sha256').update(salt).update(password).digest();
  return {
    name,
    password_hash: Buffer.concat([salt, hash]).toString('base64'),
    hashing_algorithm: 'rabbit_password_hashing_sha256',
    tags,
  };
}

function rightsOf(app) {
  const exchanges = EXCHANGES.map((name) => name.replace('.', '\\.'));
  const used = `^(${exchanges.join('|')}|${app}\\..*)$`;
  return { configure: `^${app}\\.`, write: used, read: used };
}

function topicRightsOf(app) {
  const sends = EVENT_KEYS_OF[app].filter((kind) => SENDER_OF[kind] === app);
  const hears = EVENT_KEYS_OF[app].filter((kind) => SENDER_OF[kind] !== app);
  const [events, deadLetters] = EXCHANGES;
  return [
    { user: app, vhost: '/', exchange: events, write: keysOf(sends), read: keysOf(hears) },
    { user: app, vhost: '/', exchange: deadLetters, write: `^${app}\\.`, read: `^${app}\\.` },
  ];
}

function keysOf(kinds) {
  return kinds.length > 0 ? `^(${kinds.join('|')})\\.` : '^$';
}

const GATEWAY_KEYS = [
  'session',
  'refresh',
  'user-sessions',
  'blacklist',
  'account-changed',
  'password-change',
  'known-clients',
  'ratelimit',
];

/** Redis' users as lines of its configuration: the gateway has its keys, whoever looks may look, the operator may do all. */
export function redisUsers(secrets) {
  const patterns = GATEWAY_KEYS.map((name) => `~${name}:*`).join(' ');
  const user = (name, secret, rights) => `user ${name} on #${sha256(secrets[secret])} resetchannels ${rights}`;
  return [
    // Redis reads its log again as this user, who may therefore do all; nobody can be it.
    'user default off ~* &* +@all',
    user(
      'gateway',
      'redis-gateway',
      `${patterns} -@all +@read +@write +@connection +eval +evalsha +multi +exec -@dangerous +info +time`,
    ),
    user('commander', 'redis-viewer', '~* -@all +@read +@connection -@dangerous +info'),
    user('operator', 'redis-operator', '~* &* +@all'),
  ];
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
