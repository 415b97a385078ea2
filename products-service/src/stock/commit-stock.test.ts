import { memoryCollections, MemoryStockStore } from '../testing/memory-stock-store';
import { commitStock } from './commit-stock';
import { reserveStock } from './reserve-stock';
import type { StockOrder } from './stock-steps';

const order = { id: 'o1', lines: [{ productId: 'p1', quantity: 2 }] };

// What a MongoDB has forgotten that lost its primary: orders-service was answered, and the record is as it was before.
async function whenSetBackTo(state: StockOrder['state']) {
  const collections = memoryCollections({ p1: 5 });
  const store = new MemoryStockStore(
    collections,
    () => Promise.resolve(),
    () => 0,
  );
  await reserveStock(store, order);
  const record = collections.orders.get('o1')!;
  collections.orders.set('o1', { ...record, state });
  return { outcome: await commitStock(store, 'o1'), stock: collections.stock.get('p1') };
}

describe('commitStock', () => {
  test('when the reservation is decided, then its units are sold', async () => {
    const { outcome, stock } = await whenSetBackTo('RESERVED');
    expect(outcome).toBe('done');
    expect(stock).toMatchObject({ available: 3, reserved: 0, sold: 2 });
  });

  test.each([
    ['RESERVING', 'not decided'],
    ['REJECTED', 'refused'],
  ] as const)('when the record is %s, then nothing is sold, and it is not said to be done', async (state, expected) => {
    const { outcome, stock } = await whenSetBackTo(state);
    expect(outcome).toBe(expected);
    expect(stock).toMatchObject({ available: 3, sold: 0 });
  });
});
