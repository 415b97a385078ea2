import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const NAMES = [
  'postgres-superuser',
  'postgres-users',
  'postgres-users-owner',
  'postgres-orders',
  'postgres-orders-owner',
  'postgres-backup',
  'redis-gateway',
  'redis-viewer',
  'redis-operator',
  'rabbitmq-operator',
  'rabbitmq-users-service',
  'rabbitmq-products-service',
  'rabbitmq-orders-service',
  'rabbitmq-api-gateway',
  'mongodb-root',
  'mongodb-products',
  'mongodb-products-owner',
  'mongodb-backup',
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
  'redis-commander',
  'admin',
];

const KEY_RING = /^event-|-field-key$|-blind-index$/;

/** The machine's own secrets: made once, kept over restarts, readable by their owner alone. */
export function loadSecrets(folder, names = NAMES) {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return Object.fromEntries(names.map((name) => [name, loadSecret(join(folder, name))]));
}

/** Writes a file that is complete from its first moment. */
export function writeWhole(file, text, mode = 0o600) {
  const draft = `${file}.${process.pid}.new`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, file);
}

function loadSecret(file) {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const bytes = randomBytes(32);
  const secret = KEY_RING.test(basename(file)) ? `k1:${bytes.toString('base64')}` : bytes.toString('hex');
  writeWhole(file, `${secret}\n`);
  return secret;
}
