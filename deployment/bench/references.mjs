import { availableParallelism } from 'node:os';
import { ask, startChild, stopChild } from './children.mjs';
import { measure } from './measure.mjs';
import { HASH_REFERENCE } from './scenarios.mjs';

/** A bare server with the given bytes, measured as the shop is. */
export async function measureReference({ answer, overGrpc, share }, { generator, answers, tls, total }) {
  const body = answers[answer];
  const servers = { http: startChild('./reference-server.mjs', [overGrpc ? 'hop' : 'http']) };
  let grpcPort;
  if (overGrpc) {
    servers.grpc = startChild('./reference-server.mjs', ['grpc']);
    grpcPort = await ask(servers.grpc, { body, tls });
  }
  const port = await ask(servers.http, { body, tls, grpcPort });
  const pids = Object.fromEntries(Object.entries(servers).map(([name, { pid }]) => [name, pid]));
  const result = await measure({ generator, port, pids, share, requests: [{ path: '/' }] }, total);
  await Promise.all(Object.values(servers).map(stopChild));
  return result;
}

/** As many at once as users-service allows itself. */
export async function measureHash(total) {
  const width = Math.max(1, availableParallelism() - 1);
  const child = startChild('./reference-hash.mjs');
  const result = await ask(child, { count: Math.max(width * 20, Math.round(total * HASH_REFERENCE.share)), width });
  await stopChild(child);
  return result;
}
