import {
  ChecksThenActs,
  ForgetsMarks,
  MovesBlindly,
  ReleasesOnlyReserved,
  ReopensReleased,
  RestocksOnlyMarked,
} from '../testing/planted-defects';
import { type SimulationOptions, StockSimulation } from '../testing/stock-simulation';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 300);
const FOUND_WITHIN = 1500;

async function violationsOf(seeds: number, options: SimulationOptions = {}): Promise<string[]> {
  for (let seed = 1; seed <= seeds; seed++) {
    const violations = await new StockSimulation(seed, options).run();
    if (violations.length > 0) return [`seed ${seed}`, ...violations];
  }
  return [];
}

describe('the stock steps under a hostile scheduler', () => {
  test('when handlers are killed, repeated and interleaved anywhere, then no unit is oversold or lost', async () => {
    expect(await violationsOf(SEEDS)).toEqual([]);
  }, 3_600_000);

  test('when handlers wake long after their message went to another, then no unit is oversold or lost', async () => {
    expect(await violationsOf(Math.ceil(SEEDS / 2), { zombies: true })).toEqual([]);
  }, 3_600_000);

  test.each([
    ['stock is read, then written', { Store: ChecksThenActs }],
    ['a release leaves no tombstone', { Store: ReopensReleased }],
    ['a restock leaves no trace', { Store: ForgetsMarks }],
    ['a commit ignores that the order was released', { Store: MovesBlindly }],
    ['a release gives back only what is reserved', { Store: ReleasesOnlyReserved }],
    ['a restock needs the mark of the sale', { Store: RestocksOnlyMarked }],
    ['messages are acknowledged before they are handled', { ackEarly: true }],
  ])(
    'when %s, then the simulation finds it',
    async (_defect, options) => {
      expect((await violationsOf(FOUND_WITHIN, options))[0]).toMatch(/^seed \d+/);
    },
    300_000,
  );
});
