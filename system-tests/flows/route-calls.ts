import { randomUUID } from 'node:crypto';
import { signatureOf } from '../../orders-service/src/testing/stripe-webhooks';
import { anOrderOf, aProduct, aProductWithoutStock } from '../testing/builders';
import type { Answer, Client } from '../testing/client';
import * as shapes from '../testing/shapes';
import type { Shop } from '../testing/shop';
import { WEBHOOK_SECRET } from '../testing/system';

/** One call of a route as its users make it, and the whole answer that the contract promises. */
export interface RouteCall {
  readonly by: 'anybody' | 'customer' | 'admin';
  readonly status: number;
  /** Absent where the answer has none. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, RegExp>>;
  call(client: Client, shop: Shop): Promise<Answer>;
}

const LOCATION = { location: /^\/\w+\/[\w-]+$/ };
const NEXT_PAGE = { link: /^<\/[^>]+>; rel="next"$/ };
const CACHED = { etag: /^"[^"]+"$/, 'cache-control': /^public, max-age=\d+$/ };
const EDITED = { etag: /^"\d+\.\d+"$/ };
const HEALTHY = {
  status: 'ok',
  info: expect.any(Object),
  error: {},
  details: { redis: { status: 'up' }, rabbitmq: { status: 'up' } },
};

/** The routes of the public API, in the order of its description. A route that is missing here or in the document is an error. */
export const ROUTE_CALLS: Readonly<Record<string, RouteCall>> = {
  'POST /auth/register': {
    by: 'anybody',
    status: 201,
    body: { user: shapes.USER },
    call: (client) =>
      client.call('POST', '/auth/register', {
        email: `${randomUUID()}@example.com`,
        password: 'correct horse battery',
        name: 'Grace Hopper',
      }),
  },
  'POST /auth/login': {
    by: 'anybody',
    status: 200,
    body: shapes.SIGNED_IN,
    call: async (client, shop) => {
      const { email, password } = (await shop.customer()).account;
      return client.call('POST', '/auth/login', { email, password });
    },
  },
  'POST /auth/refresh': {
    by: 'anybody',
    status: 200,
    body: shapes.SIGNED_IN,
    call: async (client, shop) => {
      const { refreshToken } = await shop.customer();
      return client.call('POST', '/auth/refresh', { refreshToken });
    },
  },
  'GET /products': {
    by: 'anybody',
    status: 200,
    body: shapes.pageOf(shapes.PRODUCT),
    headers: { ...CACHED, ...NEXT_PAGE },
    call: (client) => client.call('GET', '/products?limit=1&sort=-price&inStock=true&minPrice=1'),
  },
  'GET /products/:id': {
    by: 'anybody',
    status: 200,
    body: shapes.PRODUCT,
    headers: { ...CACHED, ...EDITED },
    call: async (client, shop) => client.call('GET', `/products/${await shop.productOnSale(1)}`),
  },
  'GET /health': { by: 'anybody', status: 200, body: HEALTHY, call: (client) => client.call('GET', '/health') },
  'GET /health/live': {
    by: 'anybody',
    status: 200,
    body: { ...HEALTHY, details: {} },
    call: (client) => client.call('GET', '/health/live'),
  },
  'GET /health/ready': {
    by: 'anybody',
    status: 200,
    body: HEALTHY,
    call: (client) => client.call('GET', '/health/ready'),
  },
  'POST /auth/logout': { by: 'customer', status: 204, call: (client) => client.call('POST', '/auth/logout') },
  'POST /auth/logout-all': { by: 'customer', status: 204, call: (client) => client.call('POST', '/auth/logout-all') },
  'GET /auth/sessions': {
    by: 'customer',
    status: 200,
    body: { items: [{ ...shapes.SESSION, current: true }] },
    call: (client) => client.call('GET', '/auth/sessions'),
  },
  'DELETE /auth/sessions/:id': {
    by: 'customer',
    status: 204,
    call: async (client) => {
      const [session] = (await client.call('GET', '/auth/sessions')).body.items;
      return client.call('DELETE', `/auth/sessions/${session.id}`);
    },
  },
  'GET /auth/me': {
    by: 'customer',
    status: 200,
    body: shapes.USER,
    call: (client) => client.call('GET', '/auth/me'),
  },
  'GET /users/me': {
    by: 'customer',
    status: 200,
    body: shapes.USER,
    call: (client) => client.call('GET', '/users/me'),
  },
  'PUT /users/me': {
    by: 'customer',
    status: 200,
    body: { ...shapes.USER, name: 'Countess Lovelace' },
    call: (client) => client.call('PUT', '/users/me', { name: 'Countess Lovelace' }),
  },
  'GET /users/me/export': {
    by: 'customer',
    status: 200,
    body: expect.objectContaining({ user: shapes.USER, sessions: [shapes.SESSION], orders: [shapes.ORDER] }),
    call: async (client, shop) => {
      await placeOrder(client, shop);
      return client.call('GET', '/users/me/export');
    },
  },
  'DELETE /users/me': {
    by: 'customer',
    status: 204,
    call: (client) => client.call('DELETE', '/users/me', { currentPassword: client.account.password }),
  },
  'POST /orders': {
    by: 'customer',
    status: 201,
    body: { ...shapes.ORDER, status: 'confirmed' },
    headers: LOCATION,
    call: placeOrder,
  },
  'GET /orders': {
    by: 'customer',
    status: 200,
    body: shapes.pageOf(shapes.ORDER),
    headers: NEXT_PAGE,
    call: async (client, shop) => {
      await placeOrder(client, shop);
      await placeOrder(client, shop);
      return client.call('GET', '/orders?limit=1&status=confirmed');
    },
  },
  'GET /orders/:id': {
    by: 'customer',
    status: 200,
    body: shapes.ORDER,
    call: async (client, shop) => client.call('GET', `/orders/${(await placeOrder(client, shop)).body.id}`),
  },
  'POST /orders/:id/cancel': {
    by: 'customer',
    status: 200,
    body: { ...shapes.ORDER, status: 'cancelled' },
    call: async (client, shop) => client.call('POST', `/orders/${(await placeOrder(client, shop)).body.id}/cancel`),
  },
  'POST /products': {
    by: 'admin',
    status: 201,
    body: { ...shapes.PRODUCT_FOR_ADMINS, stock: { available: 7, reserved: 0 } },
    headers: { ...LOCATION, ...EDITED },
    call: (client) => client.call('POST', '/products', aProduct(7)),
  },
  'PUT /products/:id': {
    by: 'admin',
    status: 200,
    body: { ...shapes.PRODUCT_FOR_ADMINS, name: 'Other lantern', tags: ['brass'] },
    headers: EDITED,
    call: async (client, shop) => {
      const changed = aProductWithoutStock({ name: 'Other lantern', tags: ['brass'] });
      return client.call('PUT', `/products/${await shop.productOnSale(1)}`, changed);
    },
  },
  'PATCH /products/:id/stock': {
    by: 'admin',
    status: 200,
    body: { ...shapes.PRODUCT_FOR_ADMINS, stock: { available: 3, reserved: 0 } },
    headers: EDITED,
    call: async (client, shop) =>
      client.call('PATCH', `/products/${await shop.productOnSale(1)}/stock`, { delta: 2, reason: 'delivery' }),
  },
  'DELETE /products/:id': {
    by: 'admin',
    status: 204,
    call: async (client, shop) => client.call('DELETE', `/products/${await shop.productOnSale(1)}`),
  },
  'GET /users': {
    by: 'admin',
    status: 200,
    body: shapes.pageOf(shapes.USER),
    headers: NEXT_PAGE,
    call: async (client, shop) => {
      await shop.customer();
      return client.call('GET', '/users?limit=1');
    },
  },
  'GET /users/:id': {
    by: 'admin',
    status: 200,
    body: shapes.USER,
    call: async (client, shop) => client.call('GET', `/users/${(await shop.customer()).account.id}`),
  },
  'PATCH /users/:id': {
    by: 'admin',
    status: 200,
    body: { ...shapes.USER, role: 'admin' },
    call: async (client, shop) =>
      client.call('PATCH', `/users/${(await shop.customer()).account.id}`, { role: 'admin' }),
  },
  'DELETE /users/:id': {
    by: 'admin',
    status: 204,
    call: async (client, shop) => client.call('DELETE', `/users/${(await shop.customer()).account.id}`),
  },
  'GET /orders/all': {
    by: 'admin',
    status: 200,
    body: shapes.pageOf(shapes.ORDER),
    headers: NEXT_PAGE,
    call: async (client, shop) => {
      const customer = await shop.customer();
      await placeOrder(customer, shop);
      await placeOrder(customer, shop);
      return client.call('GET', `/orders/all?limit=1&userId=${customer.account.id}&status=confirmed`);
    },
  },
  'PATCH /orders/:id/status': {
    by: 'admin',
    status: 200,
    body: { ...shapes.ORDER, status: 'shipped' },
    call: async (client, shop) => {
      const { id } = (await placeOrder(await shop.customer(), shop)).body;
      return client.call('PATCH', `/orders/${id}/status`, { status: 'shipped' });
    },
  },
  'GET /audit': {
    by: 'admin',
    status: 200,
    body: shapes.pageOf(shapes.AUDIT_RECORD),
    headers: NEXT_PAGE,
    call: (client) => client.call('GET', '/audit?limit=1&from=2020-01-01T00:00:00Z'),
  },
  'POST /webhooks/stripe': {
    by: 'anybody',
    status: 200,
    body: { received: true },
    call: (client) => {
      const metadata = { shop: 'shop', attempt_id: randomUUID() };
      const event = JSON.stringify({ type: 'payment_intent.succeeded', data: { object: { id: 'pi_1', metadata } } });
      const signing = client.sending({ 'stripe-signature': signatureOf(event, WEBHOOK_SECRET) });
      return signing.call('POST', '/webhooks/stripe', event);
    },
  },
};

async function placeOrder(client: Client, shop: Shop): Promise<Answer> {
  return client.call('POST', '/orders', anOrderOf(await shop.productOnSale(1)));
}
