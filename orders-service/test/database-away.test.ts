import { randomUUID } from 'node:crypto';
import { asUser, eventually, Line, storeSetting } from '@shop/service-kit/testing';
import { aRequest, pending, place, placed, recordsOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { startShop, type TestShop } from './support';

describe('a database that comes and goes', () => {
  let line: Line;
  let shop: TestShop;

  beforeAll(async () => {
    line = await Line.to(storeSetting('TEST_POSTGRES_URL'));
    const quick = { SAGA_RECOVERY_INTERVAL: 100, SAGA_STARTED_STALE_AFTER: 2500, SAGA_PAYMENT_TIMEOUT: 2000 };
    shop = await startShop(quick, (url) => line.through(url));
  });
  afterAll(async () => {
    await shop.close();
    line.cut();
  });

  const anything = () => asUser('somebody', () => shop.orders.getOrder({ id: randomUUID() }, { timeoutMs: 4000 }));
  const health = async (path: string) => (await fetch(`${shop.http}/health/${path}`)).status;

  async function expectAway(): Promise<void> {
    const startedAt = Date.now();
    await expect(anything()).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    await expect(place(aRequest(shop), shop)).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    expect(Date.now() - startedAt).toBeLessThan(6000);
    expect(await health('ready')).toBe(503);
    expect(await health('live')).toBe(200);
  }

  async function expectBack(): Promise<void> {
    await eventually(() => expect(anything()).rejects.toMatchObject({ reason: 'NOT_FOUND' }));
    await eventually(async () => expect(await health('ready')).toBe(200));
    expect(await placed(shop)).toMatchObject({ status: 'confirmed' });
  }

  test('when it is away at the start, comes, goes and comes back, then the answer is UNAVAILABLE just as long', async () => {
    await expectAway();
    await line.open();
    await expectBack();
    line.cut();
    await expectAway();
    await line.open();
    await expectBack();
  });

  test('when it goes while a card is being asked, then the order goes on once it is back, charged once', async () => {
    const { id } = await pending(shop);
    const asked = new Promise<void>((resolve) => {
      shop.provider.instead.charge = async (really) => {
        shop.provider.instead = {};
        const answer = await really();
        line.cut();
        resolve();
        return answer;
      };
    });
    await shop.bus.deliver(aStockEvent('stock.reserved', id));
    await asked;
    expect(await statusOf(shop.database, id)).toBe('PAYING');
    await line.open();
    await eventually(async () => expect(await statusOf(shop.database, id)).toBe('CONFIRMED'));
    const { attempts, ledger } = await recordsOf(shop.database, id);
    expect([attempts.length, ledger]).toEqual([1, [{ amount: '1250', outcome: 'captured' }]]);
  });

  test('when it goes while somebody waits for an order, then the order is not lost', async () => {
    const productId = shop.catalogue.add({ stock: 'silent' });
    const request = aRequest(shop, { items: [{ productId, quantity: 1 }], idempotencyKey: 'k', waitMs: 2500 });
    const answer = place(request, shop);
    const stored = () =>
      shop.database.query<{ id: string }[]>('SELECT id FROM orders WHERE user_id = $1', [request.userId]);
    await eventually(async () => expect(await stored()).toHaveLength(1));
    line.cut();
    await expect(answer).rejects.toMatchObject({ reason: 'UNAVAILABLE' });
    await line.open();
    await eventually(async () => expect((await place({ ...request, waitMs: 0 }, shop)).order?.id).toBeDefined());
    expect(await stored()).toHaveLength(1);
  });
});
