import { Certificates, createGrpcClient, type Promises, ServiceTokens } from '@shop/service-kit';
import { settingsOf } from './app-process';
import type { System } from './system';

interface Door {
  readonly system: System;
  readonly service: 'users' | 'orders';
  /** What its service token is signed with; what the system signs them with. */
  readonly secret?: string;
}

/** A service, called past the gateway with the gateway's own certificate. */
export function serviceClientOf<T extends object>({ system, service, secret }: Door): Promises<T> {
  const settings = settingsOf(system, 'api-gateway');
  const { JWT_SERVICE_SECRET = '', TLS_CA_FILE = '', TLS_CERT_FILE = '', TLS_KEY_FILE = '' } = settings;
  const logger = { info: () => undefined, warn: () => undefined };
  return createGrpcClient<T>({
    name: `${service}-service`,
    service,
    address: settings[`${service.toUpperCase()}_GRPC_URL`] ?? '',
    certificates: new Certificates({ TLS_CA_FILE, TLS_CERT_FILE, TLS_KEY_FILE }, logger),
    tokens: new ServiceTokens('api-gateway', secret ?? JWT_SERVICE_SECRET),
  });
}
