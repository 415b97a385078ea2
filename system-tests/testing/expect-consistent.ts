import { eventually } from '@shop/service-kit/testing';
import type { Books } from './books';
import { report, timeOf, withSlack } from './promised-times';
import type { Answer, Client } from './client';

const ALL_FINISHED_WITHIN = 30_000;
const BACK_WITHIN = 10_000;

/** Waits until nothing is under way any more: 30 s are promised. */
export async function expectAllFinished(books: Books): Promise<void> {
  const tookMs = await timeOf(() =>
    eventually(async () => {
      const leftOver = await books.leftOver();
      expect(leftOver).toEqual(Object.fromEntries(Object.keys(leftOver).map((name) => [name, 0])));
    }, withSlack(ALL_FINISHED_WITHIN)),
  );
  report('everything finished after', tookMs);
}

export interface SeenOrder {
  readonly id: string;
  readonly status: string;
  readonly shippingAddress: { readonly line2?: string };
}

export async function ordersOf(customer: Client): Promise<SeenOrder[]> {
  const orders: SeenOrder[] = [];
  for (let cursor = ''; ;) {
    const path = `/orders?limit=100${cursor && `&cursor=${cursor}`}`;
    const { body } = await readWhenBack(() => customer.call('GET', path), withSlack(BACK_WITHIN));
    orders.push(...body.items);
    if (!body.nextCursor) return orders;
    cursor = body.nextCursor;
  }
}

// The gateway may not know yet that a service is back.
async function readWhenBack(read: () => Promise<Answer>, withinMs: number): Promise<Answer> {
  let answer: Answer | undefined;
  await eventually(async () => {
    answer = await read();
    expect(answer.status).toBe(200);
  }, withinMs);
  return answer as Answer;
}
