import { eventually } from '@shop/service-kit/testing';
import { aRequest, pending, place, placed, statusOf } from './builders';
import { aStockEvent } from './fakes';
import { startShop, type TestShop } from './support';

const MOST = 3;

let shop: TestShop;

beforeEach(async () => {
  shop = await startShop({ SAGA_MAX_PENDING: MOST });
});
afterEach(() => shop.close());

const REFUSED = { reason: 'UNAVAILABLE', retryAfterMs: 5000 };

async function fill() {
  const waiting = [];
  for (let n = 0; n < MOST; n++) waiting.push(await pending(shop));
  await eventually(async () => expect(await tryToPlace()).toMatchObject(REFUSED));
  return waiting;
}

const tryToPlace = () => place(aRequest(shop), shop).catch((error: unknown) => error);

test('when as many orders wait for stock as can be, then the next is refused until one of them is decided', async () => {
  const [first] = await fill();

  await shop.bus.deliver(aStockEvent('stock.reserved', first!.id));

  await eventually(async () => expect(await statusOf(shop.database, first!.id)).toBe('CONFIRMED'));
  await eventually(async () => expect(await tryToPlace()).toMatchObject({ outcome: 'confirmed' }));
});

test('when the shop is full, then an order that was placed before is still answered to its key', async () => {
  const request = aRequest(shop, { idempotencyKey: 'before-it-was-full' });
  const { order } = await place(request, shop);
  await fill();

  expect(await place(request, shop)).toMatchObject({ order: { id: order!.id }, replayed: true });
});

test('when the broker is away, then orders are taken however many wait for it', async () => {
  await fill();
  shop.bus.connected = false;

  expect(await placed(shop, { waitMs: 0 })).toMatchObject({ status: 'pending' });
});
