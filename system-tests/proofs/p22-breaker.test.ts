import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import type { Client } from '../testing/client';
import type { History, Seen } from '../testing/history';
import { percentile } from '../testing/percentile';
import { timeOf, withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';

const OPEN_WITHIN_MS = 2000;
const SHED_WITHIN_MS = 5;
const HALF_OPEN_WITHIN_MS = 5000;
const ASKERS = 5;
const AWAY_FOR_MS = 9000;
const REFUSALS = 60;

// A hanging service is silent until the first calls have waited for it as long as they may.
const UNANSWERED_AFTER_MS = 2000;

proof(
  'P22',
  'when a service is away, then others are shed at once and let through when it is back, and refusals do not count',
  {
    sizes: { ci: {}, S: {}, L: { rounds: 20 } },
    run: async ({ shop, history, figures }) => {
      const { system } = shop;
      const customer = await shop.customer();
      await expectRefusalsNotToCount(customer, history);

      const anybody = shop.anonymous();
      const isServed = async () => (await ask(anybody, history)).answer?.status === 200;
      const away: Record<string, { takeAway: () => Promise<void>; silentMs: number }> = {
        killed: { takeAway: () => system.holdDown('products-service', AWAY_FOR_MS), silentMs: 0 },
        frozen: { takeAway: () => system.freeze('products-service', AWAY_FOR_MS), silentMs: UNANSWERED_AFTER_MS },
      };
      for (const [how, { takeAway, silentMs }] of Object.entries(away)) {
        history.note(how);
        const { opened, sheds, usual, back } = await watch({ anybody, history }, takeAway);
        const shedMs = Math.max(0, percentile(sheds, 50) - percentile(usual, 50));
        figures[`${how}: opened after ms`] = opened - silentMs;
        figures[`${how}: shed in ms (median of ${sheds.length})`] = shedMs;
        expect(opened - silentMs).toBeLessThan(withSlack(OPEN_WITHIN_MS));
        expect(shedMs).toBeLessThan(withSlack(SHED_WITHIN_MS));
        await back(() => eventually(() => system.expectReady('products-service'), 60_000));
        const before = Date.now();
        await eventually(isServed, withSlack(HALF_OPEN_WITHIN_MS));
        figures[`${how}: let through after ms`] = Date.now() - before;
      }
    },
  },
);

// More of them in a row than failures that would open it.
async function expectRefusalsNotToCount(customer: Client, history: History): Promise<void> {
  const wrong = ['/products/unknown', '/products?sort=nonsense', `/orders/${randomUUID()}`, '/orders?cursor=nonsense'];
  for (let i = 0; i < REFUSALS; i++) {
    const path = wrong[i % wrong.length] ?? '';
    const { answer } = await history.record(`GET ${path}`, () => customer.call('GET', path));
    expect([400, 404]).toContain(answer?.status);
  }
  expect((await ask(customer, history)).answer?.status).toBe(200);
}

// Nothing that is remembered can answer it.
function ask(anybody: Client, history: History): Promise<Seen> {
  return history.record('GET /products', () => anybody.call('GET', `/products?search=${randomUUID()}`));
}

/** Asks while it is away, and sees when the first is shed, and how fast they are from then on. */
async function watch({ anybody, history }: { anybody: Client; history: History }, takeAway: () => Promise<void>) {
  const begunAt = Date.now();
  const goneFor = takeAway();
  const until = begunAt + AWAY_FOR_MS - 1000;
  let opened = Infinity;
  const sheds: number[] = [];
  // What an answer takes that needs nobody else: only the rest is for shedding.
  const usual: number[] = [];
  const asker = async (): Promise<void> => {
    for (; Date.now() < until; await delay(20)) {
      const { answer, tookMs } = await ask(anybody, history);
      if (answer?.body.detail !== 'products-service is away') continue;
      opened = Math.min(opened, Date.now() - begunAt);
      sheds.push(tookMs);
      usual.push(await timeOf(() => anybody.call('GET', '/health/live')));
    }
  };
  await Promise.all(Array.from({ length: ASKERS }, asker));
  const back = async (untilReady: () => Promise<unknown>): Promise<void> => {
    await goneFor;
    await untilReady();
  };
  return { opened, sheds, usual, back };
}
