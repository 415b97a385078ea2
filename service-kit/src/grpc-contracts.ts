import type { Options } from '@grpc/proto-loader';
import { PROTO_DIRECTORY } from '@shop/proto';

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

export const KEEPALIVE = {
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.keepalive_permit_without_calls': 1,
};
