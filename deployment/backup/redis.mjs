import { readFileSync } from 'node:fs';
import { requireFrom } from '../local/workspace.mjs';
import { linesOf } from './mongodb.mjs';
import { reach } from './refusal.mjs';

const PAGE = 200;
// Counters of the last minutes are worth nothing later.
const LEFT_OUT = /^ratelimit:/;

export function connectRedis({ host, port, username, password, tls, caFile }) {
  const { Redis } = requireFrom('api-gateway', 'ioredis');
  const client = new Redis({
    host,
    port,
    username,
    password,
    ...(tls || caFile ? { tls: caFile ? { ca: readFileSync(caFile) } : {} } : {}),
    lazyConnect: true,
    connectTimeout: 5_000,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  });
  client.on('error', () => undefined);
  return reach('Redis', async () => {
    await client.connect();
    return client;
  });
}

/** One line for a key: its content as Redis dumps it, and when it expires. */
export async function* exportSessions(client) {
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', PAGE);
    cursor = next;
    for (const key of keys) {
      if (LEFT_OUT.test(key)) continue;
      const [dump, ttlMs] = await Promise.all([client.dumpBuffer(key), client.pttl(key)]);
      // Gone in between, or a key of no one: what the gateway writes expires.
      if (!dump || ttlMs <= 0) continue;
      yield Buffer.from(`${JSON.stringify({ key, expiresAt: Date.now() + ttlMs, dump: dump.toString('base64') })}\n`);
    }
  } while (cursor !== '0');
}

/** Brings back those that have not expired meanwhile; answers how many. */
export async function importSessions(client, content) {
  let restored = 0;
  for await (const line of linesOf(content)) {
    const { key, expiresAt, dump } = JSON.parse(line);
    if (expiresAt <= Date.now()) continue;
    await client.call('RESTORE', key, String(expiresAt), Buffer.from(dump, 'base64'), 'ABSTTL', 'REPLACE');
    restored += 1;
  }
  return restored;
}
