import { setTimeout as delay } from 'node:timers/promises';
import { expectCleanError } from '../testing/clean-errors';
import type { Client } from '../testing/client';
import type { History } from '../testing/history';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { untilWhole } from '../testing/until-whole';
import { withGateways } from '../testing/with-gateways';

const REFUSED_WITHIN_MS = 300;
const PAUSE_MS = 100;
const READS = '2/2';
// Enough of everything else: what a hanging Redis was asked it counts when it goes on, and then it says 429 to whoever asks a lot.
const LIMITS = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_ROUTES: `GET /products=${READS}`,
  RATE_LIMIT_GLOBAL: '100000/60',
  RATE_LIMIT_LOGIN: '100000/60',
  RATE_LIMIT_REFRESH: '100000/60',
};

proof('P26', 'when Redis hangs or is killed, then nobody is signed out, nobody waits, and the catalogue goes on', {
  sizes: { ci: { forMs: 3000 }, S: { forMs: 10_000 }, L: { forMs: 10_000, rounds: 10 } },
  run: async ({ shop, size, history, figures }) => {
    const { system } = shop;
    await withGateways(system, [LIMITS], async (gateway) => {
      const customer = (await shop.customer()).at(gateway.http);
      for (const takeAway of [system.freeze, system.holdDown]) {
        const isHanging = takeAway === system.freeze;
        const away = takeAway.call(system, 'redis', size.forMs);
        const until = Date.now() + size.forMs - 500;
        const reads: number[] = [];
        while (Date.now() < until) {
          await expectRefused(customer, history, isHanging);
          reads.push((await shop.anonymous().at(gateway.http).call('GET', '/products?limit=1')).status);
          await delay(PAUSE_MS);
        }
        await away;
        await untilWhole(shop);
        await gateway.untilReady();
        // Each gateway counts for itself meanwhile.
        expect(new Set(reads)).toEqual(new Set([200, 429]));
        // The refresh token was not used up by what was refused.
        expect((await customer.refresh()).status).toBe(200);
        const { outcome } = await history.record('GET /users/me', () => customer.call('GET', '/users/me'));
        expect(outcome).toBe('ok');
      }
      figures['slowest ms'] = Math.max(...history.seen.map(({ tookMs }) => tookMs));
      expect(figures['slowest ms']).toBeLessThan(withSlack(REFUSED_WITHIN_MS));
    });
  },
});

async function expectRefused(customer: Client, history: History, isHanging: boolean): Promise<void> {
  const { email, password } = customer.account;
  const asked: [string, string, object?][] = [
    ['GET', '/users/me'],
    ['GET', '/orders'],
    ['POST', '/auth/login', { email, password }],
    ...(isHanging
      ? [['POST', '/auth/refresh', { refreshToken: customer.refreshToken }] as [string, string, object]]
      : []),
  ];
  await Promise.all(
    asked.map(async ([method, path, body]) => {
      const { answer } = await history.record(`${method} ${path}`, () => customer.call(method, path, body));
      // One that is killed is started again, and may have answered just before it was killed once more.
      if (!isHanging && answer?.status === 200) return;
      expect([path, answer?.status, answer?.body.code]).toEqual([path, 503, 'UNAVAILABLE']);
      if (answer) expectCleanError(answer);
    }),
  );
}
