import { type MemoryCollections, MemoryStockStore } from '../testing/memory-stock-store';
import { type SimulationOptions, StockSimulation } from '../testing/stock-simulation';
import type { Line, LineStepName, OrderMove, Reply, StockOrder } from './stock-steps';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 300);
const FOUND_WITHIN = 1500;

async function violationsOf(seeds: number, options: SimulationOptions = {}): Promise<string[]> {
  for (let seed = 1; seed <= seeds; seed++) {
    const violations = await new StockSimulation(seed, options).run();
    if (violations.length > 0) return [`seed ${seed}`, ...violations];
  }
  return [];
}

class ChecksThenActs extends MemoryStockStore {
  override async step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    if (name !== 'reserve') return super.step(name, orderId, line);
    const { available, marks } = await this.readLine(line.productId, orderId);
    if (available < line.quantity || marks.length > 0) return false;
    await this.gate();
    const stock = this.collections.stock.get(line.productId)!;
    stock.available = available - line.quantity;
    stock.reserved += line.quantity;
    stock.marks = [...stock.marks, { o: orderId, n: line.quantity, st: 'R', at: this.now() }];
    return true;
  }
}

class ReopensReleased extends MemoryStockStore {
  override async openOrder(
    order: { id: string; lines: readonly Line[] },
    state: 'RESERVING' | 'RELEASED',
  ): Promise<StockOrder> {
    const known = this.collections.orders.get(order.id);
    if (known?.state === 'RELEASED' && state === 'RESERVING') this.collections.orders.delete(order.id);
    return super.openOrder(order, state);
  }
}

class ForgetsMarks extends MemoryStockStore {
  override async step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
    const made = await super.step(name, orderId, line);
    const stock = this.collections.stock.get(line.productId)!;
    stock.marks = stock.marks.filter(({ st }) => st !== 'X');
    return made;
  }
}

class MovesBlindly extends MemoryStockStore {
  override async moveOrder(orderId: string, to: OrderMove, reply?: Reply): Promise<boolean> {
    const moved = await super.moveOrder(orderId, to, reply);
    const record = this.collections.orders.get(orderId);
    if (moved || !record || to !== 'COMMITTED') return moved;
    this.collections.orders.set(orderId, { ...record, state: to });
    return true;
  }
}

function never(step: LineStepName) {
  return class extends MemoryStockStore {
    override step(name: LineStepName, orderId: string, line: Line): Promise<boolean> {
      return name === step ? Promise.resolve(false) : super.step(name, orderId, line);
    }
  };
}

type StoreClass = new (
  collections: MemoryCollections,
  gate: () => Promise<void>,
  clock: () => number,
) => MemoryStockStore;

const on = (Store: StoreClass): SimulationOptions => ({ makeStore: (...args) => new Store(...args) });

describe('the stock steps under a hostile scheduler', () => {
  test('when handlers are killed, repeated and interleaved anywhere, then no unit is oversold or lost', async () => {
    expect(await violationsOf(SEEDS)).toEqual([]);
  }, 3_600_000);

  test('when handlers wake long after their message went to another, then no unit is oversold or lost', async () => {
    expect(await violationsOf(Math.ceil(SEEDS / 2), { zombies: true })).toEqual([]);
  }, 3_600_000);

  test.each([
    ['stock is read, then written', on(ChecksThenActs)],
    ['a release leaves no tombstone', on(ReopensReleased)],
    ['a restock leaves no trace', on(ForgetsMarks)],
    ['a commit ignores that the order was released', on(MovesBlindly)],
    ['a release gives back only what is reserved', on(never('unsell'))],
    ['a restock needs the mark of the sale', on(never('restock'))],
    ['messages are acknowledged before they are handled', { ackEarly: true }],
  ])(
    'when %s, then the simulation finds it',
    async (_defect, options) => {
      expect((await violationsOf(FOUND_WITHIN, options))[0]).toMatch(/^seed \d+/);
    },
    300_000,
  );
});
