import { setTimeout as delay } from 'node:timers/promises';
import { anAddress, anOrderOf, aProduct } from '../testing/builders';
import { sharedBy } from '../testing/buyer';
import { expectCleanError } from '../testing/clean-errors';
import type { Answer, Client } from '../testing/client';
import { HOSTILE_TEXTS, WRONG_TYPES } from '../testing/hostile-texts';
import { withSlack } from '../testing/promised-times';
import { proof, type Scene } from '../testing/proof';
import { Repeating } from '../testing/repeating';
import type { Shop } from '../testing/shop';

const AT_ONCE = 4;
const BLOCKED_MS = 50;
// Nothing here is more work than any other request; what sleeps for 5 s was believed.
const ANSWERED_WITHIN_MS = 1000;

interface Attack {
  readonly what: string;
  readonly send: () => Promise<Answer>;
}

/** P51 to P55: sizes and headers are in the next file. */
proof(
  'P51',
  'when texts aim at databases, regular expressions, encodings or types, then nothing breaks or stands still',
  {
    sizes: { ci: { texts: 2, types: 5 }, S: { texts: 100, types: 100 }, L: { texts: 100, types: 100, rounds: 3 } },
    run: async (scene) => {
      const { shop, size, history, figures } = scene;
      const customer = await shop.customer();
      const productId = await shop.productOnSale(1000);
      const targets = targetsOf(shop, customer, productId);
      const texts = Object.values(HOSTILE_TEXTS).flatMap((group) => group.slice(0, size.texts));
      const values = [...texts, ...WRONG_TYPES.slice(0, size.types)];
      const attacks = Object.entries(targets).flatMap(([target, send]): Attack[] =>
        values.map((value) => ({ what: `${target} ${JSON.stringify(value).slice(0, 60)}`, send: () => send(value) })),
      );
      const alive = new Heartbeat(shop.anonymous());
      // Passwords are hashed for those of a login: four at once would be more than a slow machine has time for.
      const isHashed = ({ what }: Attack) => what.startsWith('email of a login');
      await Promise.all([
        sharedBy(1, attacks.filter(isHashed), (attack) => expectHarmless(scene, attack)),
        sharedBy(
          AT_ONCE - 1,
          attacks.filter((attack) => !isHashed(attack)),
          (attack) => expectHarmless(scene, attack),
        ),
      ]);
      Object.assign(figures, { attacks: attacks.length, 'longest standstill ms': await alive.stop() });
      expect(figures['longest standstill ms']).toBeLessThan(withSlack(BLOCKED_MS));
      // Nobody got in, and nothing is gone.
      expect((await history.record('GET /users/me', () => customer.call('GET', '/users/me'))).outcome).toBe('ok');
      expect((await shop.admin.call('GET', `/products/${productId}`)).body.stock.available).toBeGreaterThan(0);
    },
  },
);

async function expectHarmless({ history }: Scene<object>, { what, send }: Attack): Promise<void> {
  const { answer, tookMs, error } = await history.record(what, send);
  expect([what, error, answer && answer.status < 500]).toEqual([what, undefined, true]);
  if (answer && answer.status >= 400) expectCleanError(answer);
  expect([what, tookMs]).toEqual([what, expect.any(Number)]);
  if (tookMs > withSlack(ANSWERED_WITHIN_MS)) throw new Error(`${what} took ${tookMs} ms`);
}

/** Wherever a client may write a text. */
function targetsOf(
  shop: Shop,
  customer: Client,
  productId: string,
): Record<string, (value: unknown) => Promise<Answer>> {
  const guest = shop.anonymous();
  const inQuery =
    (path: string, name: string, client = guest) =>
    (value: unknown) =>
      client.call('GET', `${path}?${name}=${encodeURIComponent(textOf(value))}`);
  const inPath =
    (before: string, after = '', method = 'GET') =>
    (value: unknown) =>
      customer.call(method, `${before}/${encodeURIComponent(textOf(value))}${after}`);
  const post =
    (path: string, bodyOf: (value: unknown) => object, client = guest) =>
    (value: unknown) =>
      client.call('POST', path, bodyOf(value));
  return {
    'email of a login': post('/auth/login', (email) => ({ email, password: 'no such password' })),
    'email of a registration': post('/auth/register', (email) => ({ email, password: '1', name: 'Ada' })),
    'name of a registration': post('/auth/register', (name) => ({ email: 'x', password: 'no such password', name })),
    'refresh token': post('/auth/refresh', (refreshToken) => ({ refreshToken })),
    'own name': (name) => customer.call('PUT', '/users/me', { name }),
    'product search': inQuery('/products', 'search'),
    'product category': inQuery('/products', 'category'),
    'product sort': inQuery('/products', 'sort'),
    'product minPrice': inQuery('/products', 'minPrice'),
    'product cursor': inQuery('/products', 'cursor'),
    'product page': inQuery('/products', 'page'),
    'name of a parameter': (value) => guest.call('GET', `/products?${encodeURIComponent(textOf(value))}=1`),
    'user search': inQuery('/users', 'search', shop.admin),
    'audit actor': inQuery('/audit', 'actor', shop.admin),
    'audit from': inQuery('/audit', 'from', shop.admin),
    'order status': inQuery('/orders', 'status', customer),
    'order cursor': inQuery('/orders', 'cursor', customer),
    'product id': inPath('/products'),
    'order id': inPath('/orders'),
    'order id to cancel': inPath('/orders', '/cancel', 'POST'),
    'session id': inPath('/auth/sessions', '', 'DELETE'),
    path: inPath(''),
    'ordered product': post('/orders', (id) => anOrderOf(id as string), customer),
    'ordered quantity': post('/orders', (quantity) => anOrderOf(productId, quantity as number), customer),
    'city of an order': post(
      '/orders',
      (city) => ({ ...anOrderOf(productId, 1, 'pm_none'), shippingAddress: anAddress({ city }) }),
      customer,
    ),
    'payment method': post('/orders', (method) => anOrderOf(productId, 1, method as string), customer),
    'description of a product': post('/products', (description) => aProduct(1, { description }), shop.admin),
    'price of a product': post(
      '/products',
      (amount) => aProduct(1, { price: { amount, currency: 'USD' } }),
      shop.admin,
    ),
    'tags of a product': post('/products', (tag) => aProduct(1, { tags: [tag] }), shop.admin),
    'reason of an adjustment': (reason) =>
      shop.admin.call('PATCH', `/products/${productId}/stock`, { delta: 1, reason }),
  };
}

function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  // What no URL can hold is no attack by URL.
  return Buffer.from(text).toString();
}

/** Asks all the time for what costs nothing, to see how long the gateway answers nobody. */
class Heartbeat {
  private longestMs = 0;
  private readonly beating: Repeating;

  constructor(client: Client) {
    this.beating = new Repeating(0, [
      async () => {
        const askedAt = performance.now();
        await client.call('GET', '/health/live');
        this.longestMs = Math.max(this.longestMs, performance.now() - askedAt);
        await delay(5);
      },
    ]);
  }

  async stop(): Promise<number> {
    await this.beating.stop();
    return Math.round(this.longestMs);
  }
}
