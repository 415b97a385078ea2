import { randomUUID } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { aRequest, pending, place, placed, recordsOf, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { asUser, eventually, freePort, setting, startShop, type TestShop } from './support';

/** Stands between the app and the database, so that the database can "go away". */
class Line {
  private server?: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    readonly port: number,
    private readonly target: URL,
  ) {}

  async open(): Promise<void> {
    this.server = createServer((inside) => {
      const outside = connect(Number(this.target.port), this.target.hostname);
      for (const socket of [inside, outside]) {
        this.sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }
      inside.on('close', () => outside.destroy()).pipe(outside);
      outside.on('close', () => inside.destroy()).pipe(inside);
    });
    await new Promise<void>((resolve) => this.server?.listen(this.port, '127.0.0.1', resolve));
  }

  cut(): void {
    this.server?.close();
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }
}

describe('a database that comes and goes', () => {
  let line: Line;
  let shop: TestShop;

  beforeAll(async () => {
    line = new Line(await freePort(), new URL(setting('TEST_POSTGRES_URL')));
    const quick = { SAGA_RECOVERY_INTERVAL: 100, SAGA_STARTED_STALE_AFTER: 500, SAGA_PAYMENT_TIMEOUT: 400 };
    shop = await startShop(quick, (url) => {
      const through = new URL(url);
      through.host = `127.0.0.1:${line.port}`;
      return through.toString();
    });
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
    const request = aRequest(shop, { items: [{ productId, quantity: 1 }], idempotencyKey: 'k', waitMs: 1000 });
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
