import { availableParallelism } from 'node:os';
import { step } from '../local/progress.mjs';
import { ask, startChild, stopChild } from './children.mjs';
import { measure } from './measure.mjs';
import { HASH_REFERENCE, REFERENCES } from './scenarios.mjs';

/** Those that belong beside the scenarios that were measured. */
export async function measureReferences(setting, measured) {
  const results = {};
  for (const reference of [...REFERENCES, HASH_REFERENCE]) {
    const { name, title, beside } = reference;
    if (!beside.some((scenario) => measured.includes(scenario))) continue;
    const work = reference === HASH_REFERENCE ? measureHash : measureServer;
    results[name] = { title, ...(await step(title, () => work(setting, reference))) };
  }
  return results;
}

/** A bare server with the given bytes, measured as the shop is. */
async function measureServer({ generator, answers, tls, total }, { answer, overGrpc, share }) {
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
async function measureHash({ total }, { share }) {
  const width = Math.max(1, availableParallelism() - 1);
  const child = startChild('./reference-hash.mjs');
  const result = await ask(child, { count: Math.max(width * 20, Math.round(total * share)), width });
  await stopChild(child);
  return result;
}
