import { createSecretKey } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { ServiceTokens } from '@shop/service-kit';
import { SECRETS } from './gateway';
import { ask, expectProblem } from './http';
import { exampleOf, type Route, routesOf } from './routes';
import { admin, customer, openShop, type Shop } from './shop';

type Access = 'anybody' | 'users' | 'admins';

/** Who may. A route of the document without a line here fails, and so does a line without a route. */
const ACCESS: Record<string, Access> = {
  'GET /health': 'anybody',
  'GET /health/live': 'anybody',
  'GET /health/ready': 'anybody',
  'POST /auth/register': 'anybody',
  'POST /auth/login': 'anybody',
  'POST /auth/refresh': 'anybody',
  'POST /auth/logout': 'users',
  'POST /auth/logout-all': 'users',
  'GET /auth/me': 'users',
  'GET /auth/sessions': 'users',
  'DELETE /auth/sessions/{id}': 'users',
  'GET /users/me': 'users',
  'PUT /users/me': 'users',
  'DELETE /users/me': 'users',
  'GET /users/me/export': 'users',
  'GET /users': 'admins',
  'GET /users/{id}': 'admins',
  'PATCH /users/{id}': 'admins',
  'DELETE /users/{id}': 'admins',
  'GET /products': 'anybody',
  'GET /products/{id}': 'anybody',
  'POST /products': 'admins',
  'PUT /products/{id}': 'admins',
  'DELETE /products/{id}': 'admins',
  'PATCH /products/{id}/stock': 'admins',
  'POST /orders': 'users',
  'GET /orders': 'users',
  'GET /orders/{id}': 'users',
  'POST /orders/{id}/cancel': 'users',
  'GET /orders/all': 'admins',
  'PATCH /orders/{id}/status': 'admins',
  'GET /audit': 'admins',
  'POST /webhooks/stripe': 'anybody',
};

let shop: Shop;
let document: any;
let routes: Route[];
let calls: string[];

beforeAll(async () => {
  shop = await openShop({ RATE_LIMIT_ENABLED: 'false', SESSION_MAX_PER_USER: '1000' });
  document = (await shop.ask('anybody', 'GET /docs-json')).body;
  routes = routesOf(document);
});
beforeEach(() => {
  calls = [];
  for (const name of ['updateProfile', 'eraseUser', 'setUserAccess', 'listUsers', 'listAudit', 'registerUser'])
    shop.services.users[name] = called(name);
  for (const name of ['createProduct', 'updateProduct', 'adjustStock', 'archiveProduct', 'listProducts', 'getProduct'])
    shop.services.products[name] = called(name);
  for (const name of [
    'placeOrder',
    'getOrder',
    'listOrders',
    'cancelOrder',
    'updateOrderStatus',
    'recordPaymentOutcome',
  ])
    shop.services.orders[name] = called(name);
});
afterAll(() => shop.close());

const called = (name: string) =>
  jest.fn(() => {
    calls.push(name);
    return Promise.reject(new Error('no answer in this test'));
  });
const routeOf = (name: string) => routes.find((route) => route.name === name) as Route;
const bodyOf = ({ operation }: Route) =>
  operation.requestBody && exampleOf(document, operation.requestBody.content['application/json']);

describe('who may', () => {
  // One of the routes ends all sessions of whoever asks.
  afterAll(async () => {
    shop.sessions.admin = await shop.signIn(admin.email);
  });

  test('when the table is compared with the OpenAPI document, then both have the same routes', () => {
    expect(routes.map(({ name }) => name).sort()).toEqual(Object.keys(ACCESS).sort());
  });

  const strangers: Record<string, () => Promise<string | undefined>> = {
    'nobody known': async () => undefined,
    'who has no token but a word': async () => 'word',
    'who has an expired token': async () => expired(),
    'who has a refresh token': async () => shop.sessions.customer.refreshToken,
    'who has a service’s token': async () =>
      new ServiceTokens('api-gateway', SECRETS.JWT_SERVICE_SECRET).issue('shop-api', { id: admin.id, role: 'admin' }),
    'who has signed out': async () => {
      const { accessToken } = await shop.signIn(admin.email);
      await ask(shop.gateway.url, 'POST /auth/logout', { token: accessToken });
      return accessToken;
    },
  };
  const callers = {
    ...strangers,
    'a customer': async () => (await shop.signIn(customer.email)).accessToken,
    'an admin': async () => (await shop.signIn(admin.email)).accessToken,
  };

  test.each(Object.entries(ACCESS))('when %s is asked for, then %s may, and nobody else', async (name, access) => {
    const route = routeOf(name);
    for (const [caller, tokenOf] of Object.entries(callers)) {
      const token = await tokenOf();
      calls.length = 0;
      const answer = await ask(shop.gateway.url, route.what, { token, body: bodyOf(route) });
      const isStranger = caller in strangers;
      if (isStranger && access !== 'anybody') {
        expectProblem(answer, 401, caller.includes('expired') ? 'TOKEN_EXPIRED' : 'UNAUTHENTICATED');
      } else if (caller === 'a customer' && access === 'admins') {
        expectProblem(answer, 403, 'FORBIDDEN');
      } else {
        expect([caller, answer.body.code]).not.toEqual([caller, expect.stringMatching(/UNAUTHENTICATED|FORBIDDEN/)]);
        continue;
      }
      expect([caller, calls]).toEqual([caller, []]);
    }
  });

  async function expired(): Promise<string> {
    const jwt = new JwtService({});
    const { accessToken } = shop.sessions.admin;
    const claims: Record<string, unknown> = jwt.decode(accessToken);
    const privateKey = createSecretKey(Buffer.from(SECRETS.JWT_ACCESS_SECRET));
    return jwt.sign({ ...claims, iat: 1_700_000_000, exp: 1_700_000_900 }, { algorithm: 'HS256', privateKey });
  }
});

describe('wrong methods', () => {
  const pattern = (path: string) => new RegExp(`^${path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
  const paths = [...new Set(Object.keys(ACCESS).map((name) => name.split(' ')[1] ?? ''))];

  test.each(paths)(
    'when %s is asked with a method it does not take, then 405 and Allow has those it does',
    async (path) => {
      const concrete = path.replaceAll(/\{[^}]+\}/g, 'some-id');
      const taken = routes.filter((route) => pattern(route.path).test(concrete)).map(({ method }) => method);
      const allowed = [...new Set(taken.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))].sort();
      for (const method of ['GET', 'PUT', 'POST', 'PATCH', 'DELETE', 'OPTIONS'].filter(
        (one) => !allowed.includes(one),
      )) {
        const answer = await shop.ask('admin', `${method} ${concrete}`);
        expectProblem(answer, 405, 'METHOD_NOT_ALLOWED');
        expect([method, answer.headers.get('allow')]).toEqual([method, allowed.join(', ')]);
      }
      expectProblem(await shop.ask('admin', `GET ${concrete}/nothing/here`), 404, 'NOT_FOUND');
    },
  );
});

describe('hostile bodies', () => {
  const taking = () => routes.filter(({ operation }) => operation.requestBody);
  const deep = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

  test.each<[string, { body: string; headers?: Record<string, string> }, { status: number; code: string }]>([
    ['is cut short', { body: '{"a":' }, { status: 400, code: 'MALFORMED_JSON' }],
    ['has __proto__', { body: '{"__proto__":{"role":"admin"}}' }, { status: 400, code: 'MALFORMED_JSON' }],
    [
      'has constructor.prototype',
      { body: '{"constructor":{"prototype":{"role":1}}}' },
      { status: 400, code: 'MALFORMED_JSON' },
    ],
    ['is 21 levels deep', { body: deep(21) }, { status: 400, code: 'MALFORMED_JSON' }],
    [
      'is larger than 100 kB',
      { body: JSON.stringify({ a: 'x'.repeat(102_400) }) },
      { status: 413, code: 'PAYLOAD_TOO_LARGE' },
    ],
    [
      'is a form',
      { body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
    ],
    ['is a text', { body: '"text"' }, { status: 400, code: 'VALIDATION_FAILED' }],
    ['is a list', { body: '[]' }, { status: 400, code: 'VALIDATION_FAILED' }],
    ['is null', { body: 'null' }, { status: 400, code: 'VALIDATION_FAILED' }],
  ])('when a body %s, then every route refuses it', async (_what, asked, { status, code }) => {
    for (const { what } of taking()) {
      expectProblem(await shop.ask('admin', what, asked), status, code);
    }
    expect(calls).toEqual([]);
  });

  test.each([
    'role',
    'id',
    'isAdmin',
    'createdAt',
    'passwordHash',
    '$where',
    'toString',
    'constructor',
    'hasOwnProperty',
  ])('when a good body has %s besides, then every route that does not know it refuses it', async (field) => {
    // What Stripe signs may have any field.
    for (const route of taking().filter(({ path }) => path !== '/webhooks/stripe')) {
      const body = bodyOf(route) as object;
      if (Object.hasOwn(body, field)) continue;
      const answer = await shop.ask('admin', route.what, { body: { ...body, [field]: 'admin' } });
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect([route.name, answer.body.errors]).toEqual([route.name, [expect.objectContaining({ field })]]);
    }
    expect(calls).toEqual([]);
  });
});
