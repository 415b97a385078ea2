import { eventually } from '@shop/service-kit/testing';
import type { Books } from './books';
import { report, timeOf, withSlack } from './promised-times';
import type { Shop } from './shop';
import type { Answer, Client } from './client';

const ALL_FINISHED_WITHIN = 30_000;
const BACK_WITHIN = 10_000;

/** Waits until nothing is under way any more, at most three times the promised 30 s. */
export async function expectAllFinished(books: Books): Promise<void> {
  const tookMs = await timeOf(() =>
    eventually(async () => {
      const leftOver = await books.leftOver();
      expect(leftOver).toEqual(Object.fromEntries(Object.keys(leftOver).map((name) => [name, 0])));
    }, withSlack(ALL_FINISHED_WITHIN)),
  );
  report('everything finished after', tookMs);
}

/** Orders, stock and money of one product that this customer alone has bought, one unit at a time; answers how many were sold. */
export async function expectAllAddsUp(
  { shop, books }: { shop: Shop; books: Books },
  bought: { customer: Client; productId: string; stock: number },
): Promise<number> {
  const orders = await ordersOf(bought.customer);
  const statuses = orders.map(({ status }) => status);
  expect(['confirmed', 'failed', 'cancelled']).toEqual(expect.arrayContaining(statuses));
  const sold = statuses.filter((status) => status === 'confirmed').length;
  const available = bought.stock - sold;
  expect(await books.stockOf(bought.productId)).toEqual({ available, reserved: 0, sold, adjusted: bought.stock });
  await eventually(async () => expect(await shop.stockOf(bought.productId)).toEqual({ available, reserved: 0 }));
  expect(await books.wronglyCharged()).toEqual([]);
  return sold;
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
