import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, freePort } from '@shop/service-kit/testing';
import { type Connection, createConnection } from 'mongoose';
import { DataSource, type QueryRunner } from 'typeorm';
import { isInstalled, type Target } from './prometheus';
import { Repeating } from './repeating';
import type { System } from './system';

const EXPORTERS = ['prometheus-node-exporter', 'node_exporter'];

/** Makes one product's stock not add up, by hand, until it is undone. */
export async function miscounted(system: System, productId: string): Promise<() => Promise<void>> {
  const products: Connection = await createConnection(system.stores().mongodb.uri).asPromise();
  const add = (units: number) =>
    products.collection('stock').updateOne({ _id: productId as never }, { $inc: { available: units } });
  await add(1);
  return async () => {
    await add(-1);
    await products.close();
  };
}

/** Every process that looks for drift finds that a round is due, until it is undone: usually they share one in five minutes. */
export async function roundsAreDue(system: System): Promise<() => Promise<void>> {
  const orders = await new DataSource({ type: 'postgres', url: system.stores().postgres.ordersUrl }).initialize();
  const due = new Repeating(500, [async () => void (await orders.query('UPDATE reconciliation SET next_at = now()'))]);
  return async () => {
    await due.stop();
    await orders.destroy();
  };
}

/** An order that somebody's open transaction holds on to, so that nothing can go on with it, until it is let go. */
export async function heldUp(system: System, orderId: string): Promise<() => Promise<void>> {
  const orders = await new DataSource({ type: 'postgres', url: system.stores().postgres.ordersUrl }).initialize();
  const holder: QueryRunner = orders.createQueryRunner();
  const become = (status: string, updated: string) =>
    `UPDATE orders SET status = '${status}', updated_at = ${updated} WHERE id = '${orderId}'`;
  const lock = `SELECT id FROM orders WHERE id = '${orderId}' FOR UPDATE`;
  await holder.query(`BEGIN; ${become('PENDING', `now() - interval '1 day'`)}; COMMIT; BEGIN; ${lock}`);
  return async () => {
    await holder.query(`${become('CONFIRMED', 'now()')}; COMMIT`);
    await holder.release();
    await orders.destroy();
  };
}

/** A file system that is nearly full, and node_exporter, which sees it; undefined where there is none, or no right to mount. */
export async function fullDisk(): Promise<{ target: Target; empty: () => void } | undefined> {
  const exporter = EXPORTERS.find(isInstalled);
  const folder = mkdtempSync(join(tmpdir(), 'shop-full-disk-'));
  if (!exporter || process.getuid?.() !== 0) return undefined;
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'shop-full-disk', folder]);
  writeFileSync(join(folder, 'much'), Buffer.alloc(1_000_000));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(exporter, [`--web.listen-address=${address}`], { stdio: 'ignore' });
  const empty = () => {
    child.kill('SIGTERM');
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  };
  return { target: { job: 'node', address }, empty };
}

/** Settings of an app whose certificate is good for that many days. */
export async function certificateOf(system: System, app: string, days: number): Promise<Record<string, string>> {
  process.env.TEST_TLS_DIR = system.state().tls.certs;
  const { certificate, key } = await (await Authority.ofTheApps()).issue(app, days);
  const folder = mkdtempSync(join(system.dir, 'certificate-'));
  const [TLS_CERT_FILE, TLS_KEY_FILE] = [join(folder, 'app.crt'), join(folder, 'app.key')];
  writeFileSync(TLS_CERT_FILE, certificate);
  writeFileSync(TLS_KEY_FILE, key);
  return { TLS_CERT_FILE, TLS_KEY_FILE };
}
