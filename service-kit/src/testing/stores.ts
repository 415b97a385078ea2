import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Certificates } from '../certificates';
import type { ServiceConfig } from '../config';
import type { TlsFiles } from '../tls';

type Setting =
  | 'TEST_POSTGRES_URL'
  | 'TEST_MONGODB_URI'
  | 'TEST_REDIS_HOST'
  | 'TEST_REDIS_PORT'
  | 'TEST_REDIS_PASSWORD'
  | 'TEST_REDIS_OPERATOR_PASSWORD'
  | 'TEST_RABBITMQ_URL'
  | 'TEST_TLS_DIR';

/** Where a real store is. `npm test` starts the stores and says so in these variables. */
export function storeSetting(variable: Setting): string {
  const value = process.env[variable];
  if (!value) throw new Error(`${variable} is not set: component tests run on real stores, start them with npm test`);
  return value;
}

/** Who vouches for the stores. */
export function storeAuthority(): string {
  return readFileSync(join(storeSetting('TEST_TLS_DIR'), 'ca.crt'), 'utf8');
}

/** The broker as an app's configuration names it, with the operator's rights. */
export function brokerConfig(): Pick<ServiceConfig, 'RABBITMQ_URL' | 'RABBITMQ_CA'> {
  return { RABBITMQ_URL: storeSetting('TEST_RABBITMQ_URL'), RABBITMQ_CA: storeAuthority() };
}

/** The certificate of an app, as its configuration names it. */
export function tlsFilesOf(name: string, directory = storeSetting('TEST_TLS_DIR')): TlsFiles {
  return {
    TLS_CA_FILE: join(storeSetting('TEST_TLS_DIR'), 'ca.crt'),
    TLS_CERT_FILE: join(directory, `${name}.crt`),
    TLS_KEY_FILE: join(directory, `${name}.key`),
  };
}

/** What a process of the app would call and answer with. */
export function certificatesOf(name: string, files = tlsFilesOf(name)): Certificates {
  return new Certificates(files, { info: () => undefined, warn: () => undefined });
}
