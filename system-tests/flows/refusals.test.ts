import type { Client } from '../testing/client';
import { problem } from '../testing/shapes';
import { Shop } from '../testing/shop';
import { ROUTE_CALLS } from './route-calls';

const TAKES_A_BODY = [
  'POST /auth/register',
  'POST /auth/login',
  'POST /auth/refresh',
  'PUT /users/me',
  'DELETE /users/me',
  'POST /orders',
  'POST /products',
  'PUT /products/:id',
  'PATCH /products/:id/stock',
  'PATCH /users/:id',
  'PATCH /orders/:id/status',
];
const PATHS = [...new Set(Object.keys(ROUTE_CALLS).map((route) => route.split(' ')[1] ?? ''))];

let shop: Shop;
let admin: Client;

beforeAll(async () => {
  shop = await Shop.open();
  admin = shop.admin;
});

const filled = (path: string): string => path.replace(':id', '3f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11');
const json = (fields: object): string => JSON.stringify(fields);

describe.each(TAKES_A_BODY)('%s', (route) => {
  const [method = '', path = ''] = route.split(' ');
  const send = (body: string, headers = {}) => admin.sending(headers).call(method, filled(path), body);

  test('when the body has a field that nobody knows, then 400 names it', async () => {
    const { status, body } = await send(json({ isAdmin: true }));
    expect({ status, body }).toEqual({
      status: 400,
      body: { ...problem(400, 'VALIDATION_FAILED'), errors: expect.any(Array) },
    });
    expect(body.errors).toContainEqual({ field: 'isAdmin', message: expect.any(String) });
  });

  test.each(['{"email": ', '{"a":1}}', "{'a':1}"])('when the body is %j, then 400', async (text) => {
    const { status, body } = await send(text);
    expect({ status, body }).toEqual({ status: 400, body: problem(400, 'MALFORMED_JSON') });
  });

  test('when the body is not JSON, then 415', async () => {
    const { status, body } = await send('name=Ada', { 'content-type': 'application/x-www-form-urlencoded' });
    expect({ status, body }).toEqual({ status: 415, body: problem(415, 'UNSUPPORTED_MEDIA_TYPE') });
  });

  test('when the body has more than 100 kB, then 413', async () => {
    const { status, body } = await send(json({ name: 'a'.repeat(100 * 1024) }));
    expect({ status, body }).toEqual({ status: 413, body: problem(413, 'PAYLOAD_TOO_LARGE') });
  });
});

test.each(PATHS)('when %s is asked with a method that it does not take, then 405 names those it does', async (path) => {
  const taken = Object.keys(ROUTE_CALLS)
    .filter((route) => sameRoute(route.split(' ')[1] ?? '', path))
    .map((route) => route.split(' ')[0] ?? '');
  const wrong = ['PUT', 'PATCH', 'POST', 'DELETE'].find((method) => !taken.includes(method)) ?? '';
  const { status, headers, body } = await admin.call(wrong, filled(path));
  expect({ status, body }).toEqual({ status: 405, body: problem(405, 'METHOD_NOT_ALLOWED') });
  const allowed = (headers.get('allow') ?? '').split(', ').filter((method) => !['HEAD', 'OPTIONS'].includes(method));
  expect(allowed.sort()).toEqual([...new Set(taken)].sort());
});

// "/users/me" is also a "/users/:id".
function sameRoute(route: string, path: string): boolean {
  return new RegExp(`^${route.replace(':id', '[^/]+')}$`).test(path);
}

test.each(['/nothing', '/orders/1/2/3', '/v2/products', '/V1/products'])('when %s is asked, then 404', async (path) => {
  const { status, body } = await admin.call('GET', path);
  expect({ status, body }).toEqual({ status: 404, body: problem(404, 'NOT_FOUND') });
});

test.each(['not-an-id', '3f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11', "1'%20OR%20'1'='1", 'x'.repeat(300), '$ne', '%00'])(
  'when the id is %s, then it is unknown',
  async (id) => {
    const answers = await Promise.all([
      admin.call('GET', `/products/${id}`),
      admin.call('GET', `/orders/${id}`),
      admin.call('GET', `/users/${id}`),
      admin.call('POST', `/orders/${id}/cancel`),
      admin.call('DELETE', `/auth/sessions/${id}`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(answers[0]?.body).toEqual(problem(404, 'PRODUCT_NOT_FOUND'));
    expect(answers[1]?.body).toEqual(problem(404, 'NOT_FOUND'));
  },
);

test.each([
  'limit=0',
  'limit=101',
  'limit=1.5',
  'limit=ten',
  'page=0',
  'page=1&cursor=abc',
  'cursor=forged',
  'status=sold',
  'unknown=1',
])('when a list is asked with ?%s, then 400', async (query) => {
  const { status, body } = await admin.call('GET', `/orders/all?${query}`);
  expect({ status, code: body.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
  expect(body.errors).toEqual(expect.arrayContaining([{ field: expect.any(String), message: expect.any(String) }]));
});

test.each([
  ['a price', { total: { amount: 1, currency: 'USD' } }],
  ['a status', { status: 'confirmed' }],
  ['no items', { items: [] }],
  ['a quantity of 0', { items: [{ productId: 'p', quantity: 0 }] }],
  ['a quantity as text', { items: [{ productId: 'p', quantity: '1' }] }],
  ['a price of an item', { items: [{ productId: 'p', quantity: 1, unitPrice: 1 }] }],
  ['a product twice', { items: ['p', 'p'].map((productId) => ({ productId, quantity: 1 })) }],
])('when an order comes with %s, then 400, and there is no order', async (_what, change) => {
  const customer = await shop.customer();
  const address = { name: 'Ada', line1: '1 Mill Lane', city: 'London', postalCode: 'E1 6AN', country: 'GB' };
  const items = [{ productId: await shop.productOnSale(1), quantity: 1 }];
  const order = { items, paymentMethod: 'pm_card_visa', shippingAddress: address, ...change };
  expect(await customer.call('POST', '/orders', order)).toMatchObject({
    status: 400,
    body: { code: 'VALIDATION_FAILED' },
  });
  expect((await customer.call('GET', '/orders')).body.items).toEqual([]);
});
