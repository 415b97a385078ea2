import { eventually } from '@shop/service-kit/testing';
import { anOrderOf } from './builders';
import { orderIdOf } from './buyer';
import type { Answer, Client } from './client';
import { ordersOf } from './expect-consistent';
import type { History } from './history';
import { withSlack } from './promised-times';
import type { Shop } from './shop';

const FINISHED_WITHIN = 30_000;
const SESSIONS = 3;
const SIGN_OUT_EVERY = 4;

interface Scene {
  readonly shop: Shop;
  readonly history: History;
}

/** Something that is written again and again, and a look, later, at whether all is there that was acknowledged. */
export interface Writes {
  write(turn: number): Promise<void>;
  /** Answers how many writes were acknowledged. */
  expectKept(): Promise<number>;
}

/** PostgreSQL: orders, and the name of an account. */
export async function ordersAndNames({ shop, history }: Scene): Promise<Writes> {
  const customer = await shop.customer();
  const productId = await shop.productOnSale(1000);
  const placed: string[] = [];
  let nameKept = 0;
  return {
    async write(turn) {
      const named = await history.record('PUT /users/me', () =>
        customer.call('PUT', '/users/me', { name: `Ada ${turn}` }),
      );
      if (named.outcome === 'ok') nameKept = turn;
      const order = await history.record('POST /orders', () => customer.call('POST', '/orders', anOrderOf(productId)));
      if (order.outcome === 'ok') placed.push(orderIdOf(order));
    },
    async expectKept() {
      await statusOf(() => customer.call('GET', '/users/me'));
      const { body } = await customer.call('GET', '/users/me');
      expect(Number(body.name.replace('Ada ', ''))).toBeGreaterThanOrEqual(nameKept);
      const known = (await ordersOf(customer)).map(({ id }) => id);
      expect(placed.filter((id) => !known.includes(id))).toEqual([]);
      return nameKept + placed.length;
    },
  };
}

/** MongoDB: what is put into stock. */
export async function adjustments({ shop, history }: Scene): Promise<Writes> {
  const path = `/products/${await shop.productOnSale(0)}`;
  const { admin } = shop;
  let [kept, unclear] = [0, 0];
  return {
    async write() {
      const change = { delta: 1, reason: 'delivery' };
      const { outcome } = await history.record('PATCH stock', () => admin.call('PATCH', `${path}/stock`, change));
      if (outcome === 'ok') kept++;
      else unclear++;
    },
    async expectKept() {
      const { available } = (await admin.call('GET', path)).body.stock;
      expect(available).toBeGreaterThanOrEqual(kept);
      expect(available).toBeLessThanOrEqual(kept + unclear);
      return kept;
    },
  };
}

/** Redis: refreshed tokens, and sessions that were ended. */
export async function sessions({ shop, history }: Scene): Promise<Writes> {
  const spare = await shop.customers(SESSIONS);
  let customer = spare.pop()!;
  const signedOut: Client[] = [];
  let kept = 0;
  let isClear = true;
  return {
    async write(turn) {
      const isLast = turn % SIGN_OUT_EVERY === 0 && spare.length > 0;
      const { outcome } = await history.record(isLast ? 'POST /auth/logout' : 'POST /auth/refresh', () =>
        isLast ? customer.call('POST', '/auth/logout') : customer.refresh(),
      );
      isClear = outcome === 'ok';
      if (!isClear) return;
      kept++;
      if (!isLast) return;
      signedOut.push(customer);
      customer = spare.pop()!;
    },
    async expectKept() {
      for (const gone of signedOut) expect(await statusOf(() => gone.call('GET', '/users/me'))).toBe(401);
      if (isClear) expect(await statusOf(() => customer.refresh())).toBe(200);
      return kept;
    },
  };
}

/** RabbitMQ: what happens to an order after it was taken. */
export async function ordersUnderWay({ shop, history }: Scene): Promise<Writes> {
  const customer = await shop.customer();
  const productId = await shop.productOnSale(1000);
  const placed: string[] = [];
  return {
    async write() {
      const order = await history.record('POST /orders', () => customer.call('POST', '/orders', anOrderOf(productId)));
      if (order.outcome === 'ok') placed.push(orderIdOf(order));
    },
    async expectKept() {
      await eventually(async () => {
        const confirmed = (await ordersOf(customer)).filter(({ status }) => status === 'confirmed').map(({ id }) => id);
        expect(placed.filter((id) => !confirmed.includes(id))).toEqual([]);
      }, withSlack(FINISHED_WITHIN));
      return placed.length;
    },
  };
}

// Nothing is said about a write by a gateway that has not found its store yet.
function statusOf(ask: () => Promise<Answer>): Promise<number> {
  return eventually(async () => {
    const { status } = await ask();
    if (status >= 500) throw new Error(`still ${status}`);
    return status;
  }, withSlack(FINISHED_WITHIN));
}
