import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import { report, timeOf, withSlack } from '../testing/promised-times';
import { Shop } from '../testing/shop';
import { type App, APPS, type Store, STORES } from '../testing/system';
import { untilWhole } from '../testing/until-whole';

const APP_BACK_WITHIN = 2000;
const STORE_BACK_WITHIN = 5000;

let shop: Shop;

beforeAll(async () => {
  shop = await Shop.open();
});

afterEach(() => untilWhole(shop));

async function expectRunning(app: App): Promise<void> {
  const { http } = shop.system.state().processes[app];
  expect((await fetch(`http://127.0.0.1:${http}/health/live`)).status).toBe(200);
}

function expectListening(store: Store): Promise<void> {
  const { port } = shop.system.state().stores[store];
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

async function shopping(): Promise<number> {
  const customer = await shop.customer();
  return (await customer.call('POST', '/orders', anOrderOf(await shop.productOnSale(1)))).status;
}

test.each(APPS)(
  'when %s is killed, then another one answers soon, and state.json names it',
  async (app) => {
    const killed = shop.system.pidOf(app);
    shop.system.kill(app);
    const tookMs = await timeOf(() =>
      eventually(async () => {
        expect(shop.system.pidOf(app)).not.toBe(killed);
        await expectRunning(app);
      }, withSlack(APP_BACK_WITHIN)),
    );
    report(`${app} runs again after`, tookMs);
    expect(() => process.kill(shop.system.pidOf(app), 0)).not.toThrow();
  },
  90_000,
);

test.each(STORES)(
  'when %s is killed, then another one listens soon, and the shop goes on selling',
  async (store) => {
    const killed = shop.system.pidOf(store);
    shop.system.kill(store);
    const tookMs = await timeOf(() =>
      eventually(async () => {
        expect(shop.system.pidOf(store)).not.toBe(killed);
        await expectListening(store);
      }, withSlack(STORE_BACK_WITHIN)),
    );
    report(`${store} runs again after`, tookMs);
    await eventually(async () => expect([201, 202]).toContain(await shopping()), 30_000);
  },
  120_000,
);

test('when Redis is killed, then whoever was signed in still is', async () => {
  const customer = await shop.customer();
  await customer.refresh();
  // It writes its log to the disk once a second.
  await delay(1500);
  shop.system.kill('redis');
  await eventually(async () => expect((await customer.call('GET', '/users/me')).status).toBe(200), 30_000);
});
