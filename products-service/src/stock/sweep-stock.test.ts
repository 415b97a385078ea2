import { memoryCollections, MemoryStockStore } from '../testing/memory-stock-store';
import { commitStock } from './commit-stock';
import { releaseStock } from './release-stock';
import { reserveStock } from './reserve-stock';
import { sweepStock } from './sweep-stock';

const AGES = { checkAfterMs: 10, pullAfterMs: 100 };
const order = { id: 'o1', lines: [{ productId: 'p1', quantity: 2 }] };

function aStock() {
  const clock = { now: 0 };
  const collections = memoryCollections({ p1: 5 });
  const store = new MemoryStockStore(
    collections,
    () => Promise.resolve(),
    () => clock.now,
  );
  const stock = collections.stock.get('p1')!;
  return { clock, store, stock, marks: () => stock.marks.map(({ st }) => st).join('') };
}

describe('sweepStock', () => {
  test('when a reservation outlived the release of its order, then it is given back', async () => {
    const { clock, store, stock, marks } = aStock();
    await releaseStock(store, order);
    await store.step('reserve', 'o1', order.lines[0]!);
    clock.now = 11;

    await sweepStock(store, AGES);

    expect(stock).toMatchObject({ available: 5, reserved: 0 });
    expect(marks()).toBe('X');
  });

  test('when a sale outlived the release of its order, then it is given back', async () => {
    const { clock, store, stock } = aStock();
    await releaseStock(store, order);
    await store.step('reserve', 'o1', order.lines[0]!);
    await store.step('commit', 'o1', order.lines[0]!);
    clock.now = 11;

    await sweepStock(store, AGES);

    expect(stock).toMatchObject({ available: 5, reserved: 0, sold: 0 });
  });

  test('when a reservation is being used, then it stays', async () => {
    const { clock, store, marks } = aStock();
    await reserveStock(store, order);
    clock.now = 1000;

    await sweepStock(store, AGES);

    expect(marks()).toBe('R');
  });

  test('when a sale is old, then its mark is forgotten and the units stay sold', async () => {
    const { clock, store, stock, marks } = aStock();
    await reserveStock(store, order);
    await commitStock(store, 'o1');
    clock.now = 100;
    await sweepStock(store, AGES);
    expect(marks()).toBe('C');
    clock.now = 101;

    await sweepStock(store, AGES);

    expect(marks()).toBe('');
    expect(stock).toMatchObject({ available: 3, sold: 2 });
  });

  // Else a second handler of the same cancellation, still before its step, would give the units back once more.
  test('when a restock took long, then its mark is kept until its order has been final for as long', async () => {
    const { clock, store, marks } = aStock();
    await reserveStock(store, order);
    await commitStock(store, 'o1');
    await store.moveOrder('o1', 'RESTOCKING');
    await store.step('unsell', 'o1', order.lines[0]!);
    clock.now = 500;
    await releaseStock(store, order);

    await sweepStock(store, AGES);
    expect(marks()).toBe('X');
    clock.now = 601;
    await sweepStock(store, AGES);

    expect(marks()).toBe('');
  });
});
