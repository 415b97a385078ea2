import { join } from 'node:path';
import type { TlsFiles } from '../tls';

type Setting =
  | 'TEST_POSTGRES_URL'
  | 'TEST_MONGODB_URI'
  | 'TEST_REDIS_HOST'
  | 'TEST_REDIS_PORT'
  | 'TEST_REDIS_PASSWORD'
  | 'TEST_RABBITMQ_URL'
  | 'TEST_TLS_DIR';

/** Where a real store is. `npm test` starts the stores and says so in these variables. */
export function storeSetting(variable: Setting): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: component tests run on real stores, start them with npm test`);
  return value;
}

/** The certificate of an app, as its configuration names it. */
export function tlsFilesOf(name: string, directory = storeSetting('TEST_TLS_DIR')): TlsFiles {
  return {
    TLS_CA_FILE: join(storeSetting('TEST_TLS_DIR'), 'ca.crt'),
    TLS_CERT_FILE: join(directory, `${name}.crt`),
    TLS_KEY_FILE: join(directory, `${name}.key`),
  };
}
