import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync, type Options } from '@grpc/proto-loader';
import { PROTO_DIRECTORY, protoFile } from '@shop/proto';
import './closing-sessions';

/** Which of the contracts a server implements or a client calls. */
export type ContractName = 'users' | 'products' | 'orders';

/** The generated types are true with exactly these, so they are written once. */
export const LOADER_OPTIONS: Options = {
  longs: Number,
  enums: String,
  defaults: true,
  arrays: true,
  includeDirs: [PROTO_DIRECTORY],
};

export function packageOf(contract: ContractName): string {
  return `shop.${contract}.v1`;
}

/** "users" → "UsersService". */
export function serviceOf(contract: ContractName): string {
  return `${contract.charAt(0).toUpperCase()}${contract.slice(1)}Service`;
}

/** The class whose instances call a service. */
export function clientOf(contract: ContractName): ServiceClientConstructor {
  const definition = loadPackageDefinition(loadSync(protoFile(contract), LOADER_OPTIONS));
  const path = `${packageOf(contract)}.${serviceOf(contract)}`.split('.');
  return path.reduce<unknown>(
    (node, part) => (node as Record<string, unknown>)[part],
    definition,
  ) as ServiceClientConstructor;
}

/** What a service can be asked, by the names of the generated interfaces. */
export function methodsOf(contract: ContractName): string[] {
  return Object.keys(clientOf(contract).service).map((name) => name.charAt(0).toLowerCase() + name.slice(1));
}

// See closing-sessions.ts, without which it would break connections that are being drained.
export const KEEPALIVE = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
};
