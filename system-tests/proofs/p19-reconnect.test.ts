import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { timeOf, withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import type { App } from '../testing/system';

const SERVED_WITHIN_MS = 2000;
const RESTARTED_WITHIN_MS = 60_000;
const ASK_EVERY_MS = 200;

/** What only that service can answer. */
const ASKED_OF: Record<string, () => string> = {
  'users-service': () => '/users/me',
  'products-service': () => `/products?search=${randomUUID()}`,
  'orders-service': () => '/orders',
};

proof('P19', 'when services are back after an outage, then the gateway serves what is theirs soon', {
  sizes: {
    ci: { outagesMs: [5000] },
    S: { outagesMs: [5000, 5000, 5000] },
    L: { outagesMs: [45_000, 120_000] },
  },
  run: async ({ shop, size, history, figures }) => {
    const customer = await shop.customer();
    const ask = (app: string) => {
      const path = ASKED_OF[app]?.() ?? '';
      return history.record(`GET ${path}`, () => customer.call('GET', path));
    };
    const isServed = async (app: string) => (await ask(app)).answer?.status === 200;
    // Clients go on asking: that keeps breakers and connections where an outage leaves them.
    const goAway = async (app: App, forMs: number): Promise<void> => {
      const away = shop.system.holdDown(app, forMs);
      const until = Date.now() + forMs;
      for (; Date.now() < until; await delay(ASK_EVERY_MS)) await ask(app);
      await away;
      await eventually(() => shop.system.expectReady(app), RESTARTED_WITHIN_MS);
      const tookMs = await timeOf(() => eventually(() => isServed(app), withSlack(SERVED_WITHIN_MS)));
      const name = `${app} served after ms`;
      figures[name] = Math.max(tookMs, Number(figures[name] ?? 0));
    };
    for (const outageMs of size.outagesMs) {
      history.note(`away for ${outageMs} ms`);
      await Promise.all(Object.keys(ASKED_OF).map((app) => goAway(app as App, outageMs)));
    }
  },
});
