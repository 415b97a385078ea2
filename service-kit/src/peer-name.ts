import type { ServerUnaryCall } from '@grpc/grpc-js';

type Call = ServerUnaryCall<unknown, unknown>;

const nameOfConnection = new WeakMap<object, string>();

/** The name in the certificate of the app that calls; empty when there is none. */
export function peerNameOf(call: Call): string {
  const connection = connectionOf(call);
  const known = connection && nameOfConnection.get(connection);
  if (known) return known;
  const name = String(call.getAuthContext().sslPeerCertificate?.subject.CN ?? '');
  if (connection && name) nameOfConnection.set(connection, name);
  return name;
}

// Not public in grpc-js, which parses the certificate anew for every call, a twelfth of what a call costs; a connection keeps
// its certificate for life. Should a later version hide it, every call pays again and nothing else changes.
function connectionOf(call: Call): object | undefined {
  return (call as unknown as { call?: { stream?: { session?: object } } }).call?.stream?.session;
}
