import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { variable } from '../backup/settings.mjs';
import { readDotEnv } from '../local/dot-env.mjs';
import { Failure } from '../local/progress.mjs';
import { root } from '../local/workspace.mjs';

const NAMES = ['RABBITMQ_URL', 'USERS_GRPC_URL', 'TLS_CA_FILE', 'TLS_CERT_FILE', 'TLS_KEY_FILE', 'JWT_SERVICE_SECRET'];

/**
 * Where the system is: by the variables when RABBITMQ_URL is among them, else the one that `npm start` runs in a folder. The root's
 * .env belongs to the latter: a RABBITMQ_URL in it is the broker that npm start was given.
 */
export function settingsFrom(folder) {
  if (!process.env.RABBITMQ_URL && !process.env.RABBITMQ_URL_FILE) {
    readDotEnv();
    return settingsOfNpmStart(resolve(root, folder));
  }
  const settings = Object.fromEntries(NAMES.map((name) => [name, variable(name)]));
  const missing = NAMES.filter((name) => !settings[name]);
  if (missing.length > 0) throw new Failure(`Missing: ${missing.join(', ')}.`);
  return { ...settings, RABBITMQ_CA_FILE: process.env.RABBITMQ_CA_FILE };
}

function settingsOfNpmStart(dir) {
  const state = join(dir, 'state.json');
  if (!existsSync(state))
    throw new Failure(`Nothing runs in ${dir}: npm start does, or set RABBITMQ_URL and its like (--help).`);
  const { processes } = JSON.parse(readFileSync(state, 'utf8'));
  const { rabbitmq } = JSON.parse(readFileSync(join(dir, 'secrets', 'stores.json'), 'utf8'));
  const tls = (file) => join(dir, 'tls', file);
  return {
    RABBITMQ_URL: rabbitmq.operatorUrl,
    RABBITMQ_CA_FILE: rabbitmq.caFile,
    USERS_GRPC_URL: `127.0.0.1:${processes['users-service']?.grpc}`,
    TLS_CA_FILE: tls('ca.crt'),
    TLS_CERT_FILE: tls('operator.crt'),
    TLS_KEY_FILE: tls('operator.key'),
    JWT_SERVICE_SECRET:
      process.env.JWT_SERVICE_SECRET || readFileSync(join(dir, 'secrets', 'jwt-service'), 'utf8').trim(),
  };
}
