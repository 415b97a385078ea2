import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import type { Server } from '@grpc/grpc-js';
import type { Logger } from './logger';

/** Of a gRPC server that has its port: grpc-js tells nobody that a handshake has failed; what it keeps to itself does. */
export function logFailedHandshakes(server: Server, logger: Logger): void {
  const { http2Servers } = server as unknown as { readonly http2Servers: ReadonlyMap<EventEmitter, unknown> };
  for (const listener of http2Servers.keys())
    listener.on('tlsClientError', ({ code }: Error & { code?: string }, { remoteAddress: ip }: Socket) => {
      // Somebody who only looks whether the port is open.
      if (code !== 'ECONNRESET') logger.security('handshake_failed', { code, ip });
    });
}
