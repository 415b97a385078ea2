import { OrderSimulation, type PlantedDefect } from './order-simulation';
import { PLANTED_DEFECTS } from './planted-defects';

const SEEDS = Number(process.env.SIMULATION_SEEDS ?? 5000);
const FIRST_SEED = Number(process.env.SIMULATION_FIRST_SEED ?? 1);
const FOUND_WITHIN = 1500;
const PART = 1000;

async function firstViolation(from: number, seeds: number, defect?: PlantedDefect): Promise<string | undefined> {
  for (let seed = from; seed < from + seeds; seed++) {
    const violations = await new OrderSimulation(seed, defect).run();
    if (violations.length > 0) return `SIMULATION_SEEDS=1 SIMULATION_FIRST_SEED=${seed}: ${violations.join('; ')}`;
  }
  return undefined;
}

describe('orders, stock and money under kills, zombies, repetitions and lost answers', () => {
  const parts = Array.from({ length: Math.ceil(SEEDS / PART) }, (_, index) => FIRST_SEED + index * PART);

  test.each(parts)(
    'when it goes wrong as the seeds from %i on say, then every promise is kept',
    async (from) => {
      expect(await firstViolation(from, Math.min(PART, FIRST_SEED + SEEDS - from))).toBeUndefined();
    },
    600_000,
  );

  test.each(Object.entries(PLANTED_DEFECTS))(
    'when %s, then it is found',
    async (_what, defect) => {
      expect(await firstViolation(1, FOUND_WITHIN, defect)).toBeDefined();
    },
    600_000,
  );
});
