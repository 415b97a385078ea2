import { cpSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '@shop/service-kit/testing';
import { runBackupCommand } from '../testing/backups';
import { Books } from '../testing/books';
import { anOrderOf } from '../testing/builders';
import { BusyShop } from '../testing/busy-shop';
import { expectAllFinished } from '../testing/expect-consistent';
import { report } from '../testing/promised-times';
import { auditHeadOf, operatorCommand, verifyAudit } from '../testing/operator-command';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';

const BUYERS = 6;
const PRODUCTS = 4;
const STOCK = 60;
const CONFIRMED_BEFORE = 10;
const PLACED_AFTER = 15;
const RESTORED_WITHIN_MS = 30 * 60_000;

let shop: Shop;
let books: Books;
let target: System;

beforeAll(async () => {
  shop = await Shop.open();
  books = await Books.open(shop.system);
});

afterAll(async () => {
  await books?.close();
  await target?.stop();
});

/** Empty stores somewhere else, with the keys of the shop: keys are never in a backup. */
function emptyStores(): System {
  const dir = System.newFolder();
  cpSync(join(shop.system.dir, 'secrets'), join(dir, 'secrets'), { recursive: true });
  rmSync(join(dir, 'secrets', 'stores.json'));
  return System.launch({}, dir, ['--stores-only']);
}

const wordsOf = (pattern: RegExp, text: string) => pattern.exec(text)?.[1] ?? '';

test('when a backup made under load is restored into empty stores, then stock, money and accounts add up, and the shop sells', async () => {
  target = emptyStores();
  const productIds = await Promise.all(Array.from({ length: PRODUCTS }, () => shop.productOnSale(STOCK)));
  const busy = new BusyShop(shop, productIds);
  await eventually(() => void target.state(), 120_000);
  await busy.begin(BUYERS);
  await eventually(() => busy.confirmed.length >= CONFIRMED_BEFORE, 60_000);
  const begunAt = Date.now();
  const auditHead = await auditHeadOf(shop.system);
  const told = await runBackupCommand('backup', '--dir', shop.system.dir);
  const placedByThen = busy.placed;
  await eventually(() => busy.placed >= placedByThen + PLACED_AFTER, 60_000);
  await busy.end();
  await eventually(
    async () => expect(await books.leftOver()).toMatchObject({ orders: 0, payments: 0, refunds: 0 }),
    60_000,
  );
  const file = wordsOf(/backup written: (.+?),/, told);
  const before = {
    confirmed: busy.confirmed.filter(({ at }) => at < begunAt),
    customers: busy.customers.slice(0, BUYERS),
  };

  // Into stores that have nothing, beside a payment provider that goes on remembering.
  cpSync(join(shop.system.dir, 'secrets', 'backup-key'), join(target.dir, 'secrets', 'backup-key'));
  const lost = Date.now();
  const said = await runBackupCommand('restore', file, '--dir', target.dir);
  const emptyBooks = await Books.open(target);
  await books.bringLedgerTo(emptyBooks);
  await emptyBooks.close();
  await runBackupCommand('restore', '--payments-since', wordsOf(/as of (\S+?),/, said), '--dir', target.dir);
  await target.halt();
  const { dir } = target;
  target = System.launch({}, dir);
  await target.untilReady();
  const restored = await Shop.open(target);
  const newcomer = await restored.customer();
  const sold = await restored.productOnSale(100);
  await eventually(
    async () => expect((await newcomer.call('POST', '/orders', anOrderOf(sold))).body.status).toBe('confirmed'),
    60_000,
  );
  const tookMs = Date.now() - lost;
  expect(tookMs).toBeLessThan(RESTORED_WITHIN_MS);

  const restoredBooks = await Books.open(target);
  try {
    await expectAllFinished(restoredBooks);
    expect(await restoredBooks.wrongStock()).toEqual([]);
    expect(await restoredBooks.wronglyCharged()).toEqual([]);
    expect(await restoredBooks.moneyOfNobody()).toBe(0);
    const env = { ...process.env, RECONCILE_AFTER: '1s' };
    const compared = await operatorCommand('local/reconcile.mjs', ['--dir', target.dir], { env });
    expect(compared).toMatchObject({ code: 0, out: expect.stringContaining('No drift.') });
    for (const productId of productIds) {
      const { adjusted } = await restoredBooks.stockOf(productId);
      expect(adjusted).toBe(STOCK + (await restoredBooks.adjustmentsOf(productId)));
    }
  } finally {
    await restoredBooks.close();
  }

  expect(await verifyAudit(target, '--head', auditHead)).toMatchObject({ code: 0 });

  for (const customer of before.customers) {
    const { email, password, id } = customer.account;
    expect((await customer.at(target.state().gateway).call('GET', '/users/me')).status).toBe(401);
    const again = restored.anonymous();
    expect((await again.logIn(email, password)).status).toBe(200);
    for (const order of before.confirmed.filter((each) => each.customer.account.id === id)) {
      const { body } = await again.call('GET', `/orders/${order.id}`);
      expect(body).toMatchObject({ id: order.id, shippingAddress: { line1: '12 St James Square' } });
    }
  }

  process.stderr.write(`    ${told.trim()}\n    ${said.trim().split('\n').at(-1)}\n`);
  process.stderr.write(
    `    placed ${busy.placed}, cancelled ${busy.cancelled}, adjusted ${busy.adjusted}; ${statSync(file).size} bytes\n`,
  );
  report('from empty stores to the first confirmed order', tookMs);
}, 300_000);
