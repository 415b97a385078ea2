import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '@shop/service-kit/testing';
import { ROUTE_CALLS } from '../flows/route-calls';
import { anOrderOf } from '../testing/builders';
import { sharedBy } from '../testing/buyer';
import type { Client } from '../testing/client';
import type { Seen } from '../testing/history';
import { withSlack } from '../testing/promised-times';
import { proof } from '../testing/proof';
import { type ReadyRequest, rehearse } from '../testing/rehearsal';
import type { Shop } from '../testing/shop';
import { suspend } from '../testing/signals';
import { type App, type Store, STORES, type System } from '../testing/system';
import { untilWhole } from '../testing/until-whole';

/** The table of docs/operations.md: what each route answers while something is away. */
const { columns, answers } = JSON.parse(
  readFileSync(join(__dirname, '..', '..', 'docs', 'when-something-is-away.json'), 'utf8'),
) as { columns: (App | Store)[]; answers: Record<string, string[]> };

const ANSWERED_WITHIN_MS = 2000;
/** They may wait for a payment, or read page after page. */
const LATER_ANSWERED = /^(POST .orders|GET .users.me.export)/;
const LATER_ANSWERED_WITHIN_MS = 3000;
const SELLING_WITHIN_MS = 30_000;
/** On a small machine passwords are hashed one at a time, and who would wait for long is shed. */
const HASHING = /register|login|DELETE .users.me/;

type Away = readonly [what: App | Store, how: 'down' | 'frozen'];
type Asking = (request: ReadyRequest) => Promise<void>;

proof('P20', 'when a service or a store is away or hangs, then every route answers in time, as the table says', {
  sizes: {
    ci: {
      away: [
        ['orders-service', 'frozen'],
        ['mongodb', 'down'],
        ['rabbitmq', 'frozen'],
      ] as Away[],
    },
    S: { away: everything().filter(([what, how]) => how === 'frozen' || (STORES as readonly string[]).includes(what)) },
    L: { away: everything(), rounds: 5 },
  },
  run: async ({ shop, size, history, figures }) => {
    expect(Object.keys(answers).sort()).toEqual(Object.keys(ROUTE_CALLS).sort());
    expect([...columns].sort()).toEqual([...STORES, 'users-service', 'products-service', 'orders-service'].sort());
    const wrong: string[] = [];
    let slowestMs = 0;
    for (const [what, how] of size.away) {
      const requests = await rehearseAll(shop);
      const refused: ReadyRequest[] = [];
      const ask: Asking = async (request) => {
        const { route, send } = request;
        const name = `${route} while ${what} is ${how}`;
        const seen = await history.record(name, send);
        slowestMs = Math.max(slowestMs, seen.tookMs);
        wrong.push(...problemsOf(route, what, seen).map((problem) => `${name}: ${problem}`));
        if (seen.answer?.status === 503) refused.push(request);
      };
      history.note(`${what} is ${how}`);
      const putBack = await takeAway(shop.system, what, how);
      try {
        await askAll(requests, ask);
        // What waits on a connection that is there fails elsewhere than what has to make one.
        await askAll(refused.splice(0), ask);
      } finally {
        await putBack();
      }
      await untilWhole(shop);
    }
    figures['slowest ms'] = slowestMs;
    expect(wrong).toEqual([]);
  },
});

function everything(): Away[] {
  return columns.flatMap((what): Away[] => [
    [what, 'down'],
    [what, 'frozen'],
  ]);
}

// Only a route that ends an account or a session has a customer for itself: hashing takes longer than all the rest.
async function rehearseAll(shop: Shop): Promise<ReadyRequest[]> {
  const customer = await eventually(() => shop.customer(), SELLING_WITHIN_MS);
  await eventually(() => buy(shop, customer), SELLING_WITHIN_MS);
  const withOneCustomer = Object.assign(Object.create(shop) as Shop, { customer: async () => customer });
  const requests: ReadyRequest[] = [];
  for (const [route, call] of Object.entries(ROUTE_CALLS)) {
    const isEnding = /logout|refresh|DELETE .(auth|users)|PATCH .users/.test(route);
    requests.push(await rehearse(route, call, isEnding ? shop : withOneCustomer));
  }
  return requests;
}

async function askAll(requests: readonly ReadyRequest[], ask: Asking): Promise<void> {
  const inTurn = requests.filter(({ route }) => HASHING.test(route));
  const atOnce = requests.filter(({ route }) => !HASHING.test(route));
  await Promise.all([sharedBy(1, inTurn, ask), sharedBy(atOnce.length, atOnce, ask)]);
}

async function buy(shop: Shop, customer: Client): Promise<void> {
  const { status } = await customer.call('POST', '/orders', anOrderOf(await shop.productOnSale(1)));
  if (status !== 201) throw new Error(`an order was answered ${status}`);
}

async function takeAway(system: System, ...[what, how]: Away): Promise<() => Promise<void>> {
  if (how === 'frozen') {
    const goOn = suspend(system.pidOf(what));
    return async () => goOn();
  }
  let isAway = true;
  const keepDown = async (): Promise<void> => {
    while (isAway) await system.holdDown(what, 200);
  };
  const work = keepDown();
  await delay(200);
  return async () => {
    isAway = false;
    await work;
  };
}

function problemsOf(route: string, what: App | Store, { answer, tookMs }: Seen): string[] {
  const expected = answers[route]?.[columns.indexOf(what)];
  const status = expected === 'as usual' ? ROUTE_CALLS[route]?.status : Number(expected);
  const isPatient = answer?.status !== 503 || answer.headers.has('retry-after');
  return [
    answer?.status === status ? '' : `${answer?.status ?? 'no answer'}, not ${expected}`,
    isPatient ? '' : '503 without Retry-After',
    tookMs <= withSlack(LATER_ANSWERED.test(route) ? LATER_ANSWERED_WITHIN_MS : ANSWERED_WITHIN_MS)
      ? ''
      : `after ${tookMs} ms`,
  ].filter(Boolean);
}
