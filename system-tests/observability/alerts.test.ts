import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import { AppProcess } from '../testing/app-process';
import { anOrderOf } from '../testing/builders';
import type { Client } from '../testing/client';
import { certificateOf, fullDisk, heldUp, miscounted, roundsAreDue } from '../testing/faults';
import { sendAll } from '../testing/operator';
import { dlq } from '../testing/operator-command';
import { Prometheus, targetsOf, whenInstalled } from '../testing/prometheus';
import { Repeating } from '../testing/repeating';
import { Shop } from '../testing/shop';
import { System } from '../testing/system';
import { untilWhole } from '../testing/until-whole';

const TIMES_FASTER = 30;
const LIMIT = 150_000;
const system = System.shared();
const undo: (() => unknown)[] = [];
let shop: Shop;
let prometheus: Prometheus;
let disk: Awaited<ReturnType<typeof fullDisk>>;
let productId: string;
let customer: Client;

/** One more process of an app that Prometheus looks at, too. */
async function another(...[app, settings]: [Parameters<typeof AppProcess.start>[1], Record<string, string>]) {
  const process = await AppProcess.start(system, app, settings);
  undo.push(() => process.stop());
  return { job: app, address: process.http.slice('http://'.length) };
}

async function whileRepeating(task: () => Promise<unknown>, tasks: number, work: () => Promise<void>): Promise<void> {
  const repeating = new Repeating(
    100,
    Array.from({ length: tasks }, () => async () => void (await task().catch(() => undefined))),
  );
  try {
    await work();
  } finally {
    await repeating.stop();
  }
}

function order() {
  return customer.waiting(20_000).call('POST', '/orders', anOrderOf(productId));
}

whenInstalled('the alerts of a running shop, with all their times a thirtieth', () => {
  beforeAll(async () => {
    shop = await Shop.open();
    productId = await shop.productOnSale(1000);
    customer = await eventually(() => shop.customer(), LIMIT / 2);
    disk = await fullDisk();
    if (disk) undo.push(disk.empty);
    undo.push(await roundsAreDue(system));
    const more = await Promise.all([
      another('users-service', await certificateOf(system, 'users-service', 2)),
      another('orders-service', { RECONCILE_INTERVAL: '1s', RECONCILE_AFTER: '5s' }),
    ]);
    prometheus = await Prometheus.start([...targetsOf(system), ...more, ...(disk ? [disk.target] : [])], TIMES_FASTER);
    undo.push(() => prometheus.stop());
  }, LIMIT);

  afterAll(async () => {
    for (const one of undo.reverse()) await one();
    // The next file finds a shop that sells, not one that still gets over all this.
    await untilWhole(shop);
    await eventually(async () => expect((await order()).status).toBe(201), LIMIT / 2);
  }, LIMIT);

  test(
    'when nothing is wrong with the shop, then none fires but that of a certificate that ends in two days',
    async () => {
      expect((await order()).status).toBe(201);
      await prometheus.untilFiring('CertificateExpires', { job: 'users-service' }, LIMIT);
      const names = (await prometheus.firing()).map(({ labels }) => labels.alertname);
      // The disk of whoever runs this is not ours, nor is how fast the machine hashes a password.
      expect(names.filter((name) => !/^(DiskFills|LatencyBudget)/.test(name!))).toEqual(['CertificateExpires']);
    },
    LIMIT,
  );

  test(
    'when a disk is nearly full, then DiskFills',
    async () => {
      if (!disk) return console.warn('No full disk could be made here: that DiskFills fires is not seen.');
      await prometheus.untilFiring('DiskFills', { device: 'shop-full-disk' }, LIMIT);
    },
    LIMIT,
  );

  test(
    'when a message cannot be used, a token comes again, passwords are tried, stock is miscounted and an order is held up, then DeadLetters, RefreshTokenReused, LoginsRefused, ShopDrifts and OrdersStuck',
    async () => {
      const id = randomUUID();
      const poison = { type: 'order.confirmed', body: Buffer.from('no event'), options: { messageId: id } };
      await sendAll(system, [poison]);
      undo.push(() => dlq(system, 'drop', id));
      const robbed = shop.anonymous();
      await robbed.logIn(customer.account.email, customer.account.password);
      const { refreshToken } = robbed;
      for (let uses = 0; uses < 2; uses++) await robbed.refresh();
      expect((await robbed.call('GET', '/users/me')).status).toBe(200);
      expect((await shop.anonymous().call('POST', '/auth/refresh', { refreshToken })).status).toBe(401);
      const placed = await order();
      undo.push(await miscounted(system, productId), await heldUp(system, placed.body.id));
      const guess = () => shop.anonymous().logIn(customer.account.email, `wrong ${randomUUID()}`);
      await whileRepeating(guess, 2, async () => {
        await Promise.all([
          prometheus.untilFiring('DeadLetters', { queue: 'products-service.commit-stock' }, LIMIT),
          prometheus.untilFiring('RefreshTokenReused', {}, LIMIT),
          prometheus.untilFiring('LoginsRefused', {}, LIMIT),
          prometheus.untilFiring('ShopDrifts', { kind: 'units-do-not-add-up' }, LIMIT),
          prometheus.untilFiring('OrdersStuck', {}, LIMIT),
        ]);
      });
    },
    LIMIT,
  );

  test(
    'when the broker hangs, then StoreAway, OutboxLags, and, as customers wait, LatencyBudgetBurnsFast and -Slowly',
    async () => {
      const hanging = system.freeze('rabbitmq', 40_000);
      await whileRepeating(order, 8, async () => {
        await Promise.all([
          prometheus.untilFiring('StoreAway', { store: 'rabbitmq', job: 'orders-service' }, LIMIT),
          prometheus.untilFiring('OutboxLags', { job: 'orders-service' }, LIMIT),
          prometheus.untilFiring('LatencyBudgetBurnsFast', {}, LIMIT),
          prometheus.untilFiring('LatencyBudgetBurnsSlowly', {}, LIMIT),
        ]);
      });
      await hanging;
    },
    LIMIT,
  );

  test(
    'when a service hangs, then AppDown, BreakerOpen, NothingReconciled, ErrorBudgetBurnsFast and -Slowly',
    async () => {
      const hanging = system.freeze('products-service', 70_000);
      const browse = () => shop.anonymous().call('GET', `/products?search=${randomUUID()}`);
      await whileRepeating(browse, 2, async () => {
        await Promise.all([
          prometheus.untilFiring('AppDown', { job: 'products-service' }, LIMIT),
          prometheus.untilFiring('BreakerOpen', { job: 'api-gateway', service: 'products-service' }, LIMIT),
          prometheus.untilFiring('NothingReconciled', {}, LIMIT),
          prometheus.untilFiring('ErrorBudgetBurnsFast', {}, LIMIT),
          prometheus.untilFiring('ErrorBudgetBurnsSlowly', {}, LIMIT),
        ]);
      });
      await hanging;
    },
    LIMIT,
  );
});
