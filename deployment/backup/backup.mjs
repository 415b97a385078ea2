#!/usr/bin/env node
// What `npm run backup` runs, beside a running `npm start` or in a container of its own: docs/operations.md, "Backups".
import { mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readDotEnv } from '../local/dot-env.mjs';
import { secondsSince } from '../local/progress.mjs';
import { verifyArchive, verifyChecksum } from './archive-reader.mjs';
import { FORMAT, writeArchive } from './archive-writer.mjs';
import { backupKey } from './encryption.mjs';
import { COLLECTIONS, connectMongodb, exportCollection } from './mongodb.mjs';
import { backupOptions } from './options.mjs';
import { PostgresSnapshot } from './postgres-export.mjs';
import { connectRedis, exportSessions } from './redis.mjs';
import { runCommand } from './refusal.mjs';
import { deleteOldBackups, fileNameAt } from './retention.mjs';
import { numberVariable, storeAddresses, variable } from './settings.mjs';
import { summaryOf } from './summary.mjs';

await runCommand(async () => {
  readDotEnv();
  const { verify, dir, help, helpText } = backupOptions(process.argv.slice(2));
  if (help) console.log(helpText);
  else if (verify) await check(verify, dir);
  else await backUp(dir);
});

async function check(file, dir) {
  const { about, parts } = await verifyArchive(file, await backupKey(dir, { make: false }));
  console.log(`backup is good: ${file}, taken at ${about.takenAt}, ${summaryOf(parts)}`);
}

async function backUp(dir) {
  const startedAt = performance.now();
  const addresses = storeAddresses(dir, 'backup');
  const keep = { daily: numberVariable('BACKUP_KEEP_DAILY', 7), weekly: numberVariable('BACKUP_KEEP_WEEKLY', 4) };
  const key = await backupKey(dir, { make: true });
  const folder = variable('BACKUP_DIR') ?? join(dir, 'backups');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileNameAt(new Date()));
  const open = [];
  try {
    const { bytes, parts } = await writeArchive(file, key, (archive) => fill(archive, addresses, open));
    await proveWritten(file, key);
    const megabytes = (bytes / 1_000_000).toFixed(1);
    console.log(`backup written: ${file}, ${megabytes} MB, ${summaryOf(parts)}, took ${secondsSince(startedAt)} s`);
  } finally {
    for (const close of open) await close().catch(() => undefined);
  }
  const old = deleteOldBackups(folder, { good: basename(file), ...keep });
  if (old.length > 0) console.log(`old backups deleted: ${old.join(', ')}`);
}

// The orders' moment comes first: what they name, users and products, is there a moment later, since neither is ever deleted.
async function fill(archive, addresses, open) {
  const snapshots = [];
  for (const name of ['orders', 'users']) {
    const snapshot = await PostgresSnapshot.open(name, addresses[name]);
    open.push(() => snapshot.close());
    snapshots.push(snapshot);
  }
  const { client, database } = await connectMongodb(addresses.mongodb);
  open.push(() => client.close());
  const redis = await connectRedis(addresses.redis);
  open.push(async () => redis.disconnect());
  const [orders, users] = [await snapshots[0].describe(), await snapshots[1].describe()];
  await archive.note('backup.json', { format: FORMAT, takenAt: orders.takenAt, databases: { orders, users } });
  for (const name of COLLECTIONS) await archive.part(`products/${name}`, exportCollection(database, name));
  for (const snapshot of snapshots) await snapshot.writeTo(archive);
  await archive.part('sessions/redis', exportSessions(redis));
}

// Whoever only has the recipient cannot open what was written, but sees that the disk has it.
async function proveWritten(file, key) {
  await (key.passphrase || key.identity ? verifyArchive(file, key) : verifyChecksum(file));
}
