import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Load, type LoadResult } from '../testing/load';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { APPS, type System } from '../testing/system';

const CLIENTS = 16;
const WARM_UP_MS = 5000;
const TOO_MUCH = 5;
const ANSWERED_WITHIN_MS = 3000;
const MEMORY_GROWTH = 1.5;

proof(
  'P29',
  'when five times as much is asked as can be answered, then four fifths of it are, and the rest is refused',
  {
    sizes: {
      // In CI other programs may come in between.
      ci: { forMs: 6000, kept: 0.5 },
      S: { forMs: 20_000, kept: 0.8 },
      L: { forMs: 60_000, kept: 0.8, rounds: 5 },
    },
    run: async ({ shop, size, history, figures }) => {
      const { system } = shop;
      // No two alike, so that no cache answers.
      const run = randomUUID();
      const searches = (forMs: number) => ({
        gateway: system.state().gateway,
        pathOf: (number: number) => `/products?search=${run}-${number}`,
        forMs,
      });
      await Load.ofClients(CLIENTS, searches(WARM_UP_MS));
      const peak = await Load.ofClients(CLIENTS, searches(size.forMs));
      const before = memoryMbOf(system);
      // Until the gateway has found out how much that is.
      await Load.atRate(TOO_MUCH * peak.goodput, searches(WARM_UP_MS));
      const overload = await Load.atRate(TOO_MUCH * peak.goodput, searches(size.forMs));
      const after = memoryMbOf(system);
      Object.assign(figures, {
        'peak per second': peak.goodput.toFixed(1),
        'when overloaded': overload.goodput.toFixed(1),
        'slowest ms': overload.slowestMs,
        'apps MB': `${before} → ${after}`,
        ...answersOf(overload),
      });
      expect(Object.keys(answersOf(overload))).toEqual(['answered 200', 'answered 503']);
      expect(overload.slowestMs).toBeLessThan(withSlack(ANSWERED_WITHIN_MS));
      expect(after).toBeLessThan(before * MEMORY_GROWTH);
      expect(overload.goodput).toBeGreaterThan(peak.goodput * size.kept);
      const afterwards = await history.record('GET /products', () => shop.anonymous().call('GET', '/products'));
      expect(afterwards.outcome).toBe('ok');
    },
  },
);

function memoryMbOf(system: System): number {
  const pids = APPS.map((app) => system.pidOf(app)).join(',');
  const kilobytes = execFileSync('ps', ['-o', 'rss=', '-p', pids], { encoding: 'utf8' }).trim().split('\n');
  return Math.round(kilobytes.reduce((sum, one) => sum + Number(one), 0) / 1024);
}

function answersOf({ statuses }: LoadResult): Record<string, number> {
  const sorted = [...statuses].sort(([one], [other]) => one - other);
  return Object.fromEntries(sorted.map(([status, count]) => [`answered ${status}`, count]));
}
