import { AN_ADMIN, CallerMatrix, type Doors, everythingIn, onceQuiet } from '@shop/service-kit/testing';
import { callers } from '../src/callers';
import { anOrder, aRequest, placed, referenceOf } from './builders';
import { startShop, type TestShop } from './support';

let shop: TestShop;
let doors: Doors;

beforeAll(async () => {
  shop = await startShop();
  const [order, cancelled, shipped] = [await placed(shop), await placed(shop), await placed(shop)];
  const { attemptId } = await anOrder(shop.database, { status: 'FAILED', attempt: 'DECLINED', charged: true });
  const late = { shop: 'shop', attemptId, outcome: 'captured', reference: referenceOf(attemptId) };
  const may = ['api-gateway'];
  doors = {
    PlaceOrder: { may, with: aRequest(shop, { userId: AN_ADMIN }) },
    GetOrder: { may, with: { id: order.id } },
    ListOrders: { may, with: { userId: '', status: '' } },
    CancelOrder: { may, with: { id: cancelled.id } },
    UpdateOrderStatus: { may, with: { id: shipped.id, status: 'shipped' } },
    RecordPaymentOutcome: { may, with: late },
  };
});
afterAll(() => shop.close());

test('when the contract has a method, then it is decided here who may call it, and callers.ts says the same', () => {
  expect(CallerMatrix.methodsOf('orders').sort()).toEqual(Object.keys(doors).sort());
  expect(callers).toEqual(Object.fromEntries(Object.entries(doors).map(([name, { may }]) => [name, may])));
});

test('when every caller tries every method, then only those who may get in, and the others change nothing', async () => {
  const matrix = await CallerMatrix.of('orders', `127.0.0.1:${shop.config.GRPC_PORT}`, doors);
  const before = await onceQuiet(() => everythingIn(shop.database));
  const asked = shop.provider.asked.length;

  expect(await matrix.notRefused()).toEqual([]);
  expect(await everythingIn(shop.database)).toEqual(before);
  expect(shop.provider.asked).toHaveLength(asked);
  expect(await matrix.notLetIn()).toEqual([]);
  expect(await everythingIn(shop.database)).not.toEqual(before);
}, 120_000);
