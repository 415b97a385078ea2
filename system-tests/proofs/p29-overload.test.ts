import { execFileSync } from 'node:child_process';
import { Load, type LoadResult } from '../testing/load';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';

const CLIENTS = 16;
const WARM_UP_MS = 3000;
const TOO_MUCH = 5;
const ANSWERED_WITHIN_MS = 3000;
// Promised are four fifths; the load comes from the same processors as the answers, and five times as much of it.
const GOODPUT_KEPT = 0.5;
const MEMORY_GROWTH = 1.5;

proof(
  'P29',
  'when five times as much is asked as can be answered, then nearly as much is answered, and the rest refused',
  {
    sizes: { ci: { forMs: 4000 }, S: { forMs: 15_000 }, L: { forMs: 60_000, rounds: 5 } },
    run: async ({ shop, size, history, figures }) => {
      const { system } = shop;
      const customer = await shop.customer();
      const { accessToken } = customer;
      const target = { gateway: system.state().gateway, path: '/users/me', accessToken };
      await Load.ofClients(CLIENTS, target, WARM_UP_MS);
      const peak = await Load.ofClients(CLIENTS, target, size.forMs);
      const before = memoryMbOf(system.pidOf('api-gateway'));
      const overload = await Load.atRate(TOO_MUCH * peak.goodput, target, size.forMs);
      const after = memoryMbOf(system.pidOf('api-gateway'));
      Object.assign(figures, {
        'peak per second': peak.goodput,
        'when overloaded': overload.goodput,
        'slowest ms': overload.slowestMs,
        'gateway MB': `${before} → ${after}`,
        ...statusesOf(overload),
      });
      expect(Object.keys(statusesOf(overload))).toEqual(['answered 200', 'answered 503']);
      expect(overload.slowestMs).toBeLessThan(withSlack(ANSWERED_WITHIN_MS));
      expect(after).toBeLessThan(before * MEMORY_GROWTH);
      expect(overload.goodput).toBeGreaterThan(peak.goodput * GOODPUT_KEPT);
      const afterwards = await history.record('GET /users/me', () => customer.call('GET', '/users/me'));
      expect(afterwards.outcome).toBe('ok');
    },
  },
);

function memoryMbOf(pid: number): number {
  return Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024);
}

function statusesOf({ statuses }: LoadResult): Record<string, number> {
  const sorted = [...statuses].sort(([one], [other]) => one - other);
  return Object.fromEntries(sorted.map(([status, count]) => [`answered ${status}`, count]));
}
