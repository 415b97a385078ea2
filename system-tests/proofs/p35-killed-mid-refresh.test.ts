import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { randomOf } from '../../products-service/src/testing/interleaving';
import type { Client } from '../testing/client';
import type { History } from '../testing/history';
import { proof } from '../testing/proof';

const CUSTOMERS = 10;
const KILLED_WITHIN_MS = 40;
const RETRY_AFTER_MS = 200;

proof(
  'P35',
  'when the gateway or the line dies in the middle of a refresh, then the client asks again and stays signed in',
  {
    sizes: { ci: { kills: 2 }, S: { kills: 10 }, L: { kills: 10, rounds: 10 } },
    run: async ({ shop, size, round, history, figures }) => {
      const dice = randomOf(round);
      const customers = await shop.customers(CUSTOMERS);
      for (let kill = 0; kill < size.kills; kill++) {
        // Some hang up by themselves, so that answers are lost at every moment.
        const impatient = customers.map((customer) => customer.waiting(1 + Math.floor(dice() * KILLED_WITHIN_MS)));
        await Promise.all(impatient.map((customer) => history.record('POST /auth/refresh', () => customer.refresh())));
        const refreshing = customers.map((customer) => refreshUntilAnswered(customer, history));
        await delay(dice() * KILLED_WITHIN_MS);
        history.note('kill -9 api-gateway');
        shop.system.kill('api-gateway');
        await Promise.all(refreshing);
        // All may have been answered before it died.
        for (const customer of customers) await eventually(() => expectSignedIn(customer));
      }
      figures['answers lost'] = history.counts().unknown;
      expect(history.counts().fail).toBe(0);
      expect(history.counts().unknown).toBeGreaterThan(0);
    },
  },
);

async function expectSignedIn(customer: Client): Promise<void> {
  expect((await customer.call('GET', '/users/me')).status).toBe(200);
}

async function refreshUntilAnswered(customer: Client, history: History): Promise<void> {
  while ((await history.record('POST /auth/refresh', () => customer.refresh())).outcome === 'unknown')
    await delay(RETRY_AFTER_MS);
}
