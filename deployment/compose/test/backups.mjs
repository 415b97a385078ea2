import assert from 'node:assert/strict';
import { compose, runOnce } from './docker.mjs';
import { buyAsTheReadmeSays, getOrder, logIn } from './shop.mjs';

/** From a backup to the shop that it was made of, by the steps of docs/operations.md; `bought` is what must be there again. */
export async function checkBackups(apps, bought) {
  await compose('--profile', 'backup', 'up', '--detach', '--wait', 'backup');
  const [, file] = /backup written: (\/backups\/\S+?),/.exec(await compose('logs', '--no-log-prefix', 'backup')) ?? [];
  assert.ok(file, 'the log names a file');
  await assert.rejects(runOnce('backup', 'deployment/backup/backup.mjs', '--verify', file), /BACKUP_KEY/);
  await compose('--profile', 'backup', 'rm', '--stop', '--force', 'backup');

  const later = await buyAsTheReadmeSays();
  await compose('stop', ...apps);
  const [, time] = /restored: .* as of (\S+?),/.exec(await runOnce('restore', file, '--replace')) ?? [];
  assert.ok(time, 'the restore says when the backup is of');
  const settled = await runOnce('--no-deps', 'orders-service', 'dist/settle-payments.js', time);
  assert.match(settled, /payments of lost orders paid back/);
  await compose('up', '--detach', '--wait');

  const { accessToken } = await (await logIn(bought.email, bought.password)).json();
  const order = await (await getOrder(bought.order.id, accessToken)).json();
  assert.deepEqual(order, bought.order);
  assert.equal((await logIn(later.email, later.password)).status, 401);
}
