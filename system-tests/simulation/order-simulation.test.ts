import { OrderSimulation, type PlantedDefect } from './order-simulation';
import { PLANTED_DEFECTS } from './planted-defects';
import { endingsIn, storyOf } from './story';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 5000);
const FIRST_SEED = Number(process.env.SIMULATION_FIRST_SEED ?? 1);
const PART = 1000;
const FOUND_WITHIN = 1500;
const PATIENCE_MS = 3_600_000;

async function firstViolation(from: number, seeds: number, defect?: PlantedDefect): Promise<string> {
  for (let seed = from; seed < from + seeds; seed++) {
    const simulation = new OrderSimulation(seed, defect);
    const violations = await simulation.run();
    if (violations.length === 0) continue;
    const again = `again with SIMULATION_FIRST_SEED=${seed} SIMULATION_SEEDS=1`;
    return [...violations, again, ...storyOf(simulation.world)].join('\n');
  }
  return 'no violation';
}

async function finished(seed: number): Promise<OrderSimulation> {
  const simulation = new OrderSimulation(seed);
  await simulation.run();
  return simulation;
}

describe('orders, stock and money under kills, zombies, repetitions and lost answers', () => {
  const parts = Array.from({ length: Math.ceil(SEEDS / PART) }, (_, index) => FIRST_SEED + index * PART);

  test.each(parts)(
    'when everything goes wrong that the seeds from %i on think of, then every promise is kept',
    async (from) => {
      expect(await firstViolation(from, Math.min(PART, FIRST_SEED + SEEDS - from))).toBe('no violation');
    },
    PATIENCE_MS,
  );

  test.each(PLANTED_DEFECTS)(
    'when %s, then it is found',
    async (_what, defect, shows) => {
      expect(await firstViolation(1, FOUND_WITHIN, defect)).toMatch(shows);
    },
    PATIENCE_MS,
  );

  test('when a seed is run again, then everything happens again', async () => {
    for (let seed = 1; seed <= 40; seed++) {
      const [one, other] = [await finished(seed), await finished(seed)];
      expect(storyOf(other.world)).toEqual(storyOf(one.world));
      expect(other.scheduler.stepNumber).toBe(one.scheduler.stepNumber);
    }
  });

  test(
    'when some hundred seeds have run, then orders have ended in every way there is',
    async () => {
      const endings = new Set<string>();
      for (let seed = 1; seed <= 500; seed++)
        for (const ending of endingsIn((await finished(seed)).world)) endings.add(ending);
      expect([...endings].sort()).toEqual([
        'CANCELLED: CANCELLED_BY_ADMIN',
        'CANCELLED: CANCELLED_BY_ADMIN, refunded',
        'CANCELLED: CANCELLED_BY_CUSTOMER',
        'CANCELLED: CANCELLED_BY_CUSTOMER, refunded',
        'CANCELLED: RESERVATION_EXPIRED',
        'CONFIRMED',
        'FAILED: OUT_OF_STOCK',
        'FAILED: PAYMENT_DECLINED',
        'FAILED: PAYMENT_DECLINED, refunded',
        'FAILED: STOCK_TIMED_OUT',
        'SHIPPED',
      ]);
    },
    PATIENCE_MS,
  );
});
