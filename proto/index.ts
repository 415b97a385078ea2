import { dirname, join } from 'node:path';

export type { EventData } from './event-data';
export * as events from './generated/events';
export * as orders from './generated/orders';
export * as products from './generated/products';
export * as types from './generated/types';
export * as users from './generated/users';

/** The folder of the .proto files, for loaders that read them at run time. */
export const PROTO_DIRECTORY = dirname(require.resolve('@shop/proto/package.json'));

/** The absolute path of one contract, for example `protoFile('users')`. */
export function protoFile(name: 'users' | 'products' | 'orders' | 'events'): string {
  return join(PROTO_DIRECTORY, `${name}.proto`);
}
