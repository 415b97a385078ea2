import { randomUUID } from 'node:crypto';
import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from '../testing/builders';
import type { Books } from '../testing/books';
import type { Answer, Client } from '../testing/client';
import { ordersOf } from '../testing/expect-consistent';
import type { History, Seen } from '../testing/history';
import { emptyRedis } from '../testing/operator';
import { proof } from '../testing/proof';
import { onceServed, type Shop } from '../testing/shop';
import { APPS, STORES } from '../testing/system';
import { untilWhole } from '../testing/until-whole';

const BACK_WITHIN = 60_000;

proof('P05', 'when one order is sent many times at once with one key, then it is placed and charged once, for ever', {
  sizes: { ci: { parallel: 50, keys: 2 }, S: { parallel: 50, keys: 10 }, L: { parallel: 50, keys: 10, rounds: 10 } },
  run: async ({ shop, books, size, history, figures }) => {
    const productId = await shop.productOnSale(1000);
    const customer = await shop.customer();
    const placed: { key: string; first: Answer }[] = [];
    for (let i = 0; i < size.keys; i++) {
      const key = randomUUID();
      placed.push({
        key,
        first: await placedOnce({ books, history }, customer, { key, productId, times: size.parallel }),
      });
    }
    const other = await shop.customer();
    const theirs = await other
      .sending({ 'idempotency-key': placed[0]!.key })
      .call('POST', '/orders', anOrderOf(productId));
    expect([201, 202]).toContain(theirs.status);
    expect(placed.map(({ first }) => first.body.id)).not.toContain(theirs.body.id);

    await everythingRestarted(shop);
    await onceServed(() => customer.logIn(customer.account.email, customer.account.password));
    for (const { key, first } of placed) {
      const again = await history.record('POST /orders', () =>
        customer.sending({ 'idempotency-key': key }).call('POST', '/orders', anOrderOf(productId)),
      );
      expect(again.answer).toMatchObject({ status: first.status, body: first.body });
      expect(await books.netChargeOf(first.body.id)).toBe(first.body.total.amount);
    }
    figures.orders = (await ordersOf(customer)).length;
    expect(figures.orders).toBe(size.keys);
  },
});

async function placedOnce(
  { books, history }: { books: Books; history: History },
  customer: Client,
  { key, productId, times }: { key: string; productId: string; times: number },
): Promise<Answer> {
  const keyed = customer.sending({ 'idempotency-key': key });
  const ask = (quantity = 1): Promise<Seen> =>
    history.record('POST /orders', () => keyed.call('POST', '/orders', anOrderOf(productId, quantity)));
  const seen = await Promise.all(Array.from({ length: times }, () => ask()));
  // On a busy machine some are told to come again, which they do below.
  const answers = seen.flatMap(({ answer, outcome }) => (answer && outcome !== 'unknown' ? [answer] : []));
  const placed = answers.filter(({ body }) => body.code !== 'REQUEST_IN_PROGRESS');
  expect([...new Set(placed.map(({ body }) => body.id))]).toHaveLength(1);
  const answerOf = (status: number, quantity?: number): Promise<Answer> =>
    eventually(async () => {
      const { answer } = await ask(quantity);
      expect(answer?.status).toBe(status);
      return answer as Answer;
    }, BACK_WITHIN);
  expect((await answerOf(422, 2)).body.code).toBe('IDEMPOTENCY_KEY_REUSED');
  const first = await answerOf(201);
  expect(
    placed.filter(({ status, body }) => status === 201 && JSON.stringify(body) !== JSON.stringify(first.body)),
  ).toEqual([]);
  expect(await books.netChargeOf(first.body.id)).toBe(first.body.total.amount);
  return first;
}

/** kill -9 of every app and every store, and an emptied Redis. */
async function everythingRestarted(shop: Shop): Promise<void> {
  await emptyRedis(shop.system);
  for (const name of [...STORES, ...APPS]) shop.system.kill(name);
  await untilWhole(shop);
}
