import type { Client } from '../testing/client';
import { problem } from '../testing/shapes';
import { Shop } from '../testing/shop';
import { ROUTE_CALLS, type RouteCall } from './route-calls';

const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
const routes = Object.entries(ROUTE_CALLS);
const pathOf = (route: string): string => (route.split(' ')[1] ?? '').replace(':id', 'some-id');
const methodOf = (route: string): string => route.split(' ')[0] ?? '';

let shop: Shop;
let customer: Client;

beforeAll(async () => {
  shop = await Shop.open();
  customer = await shop.customer();
});

function clientFor({ by }: RouteCall): Promise<Client> | Client {
  if (by === 'anybody') return shop.anonymous();
  return by === 'admin' ? shop.admin : shop.customer();
}

async function documented(): Promise<{ route: string; operation: any }[]> {
  const { paths } = (await shop.anonymous().call('GET', '/docs-json')).body;
  return Object.entries<Record<string, object>>(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({
      route: `${method.toUpperCase()} ${path.replace('{id}', ':id')}`,
      operation,
    })),
  );
}

test('when the document is read, then it has exactly the routes that are called here, and what they answer', async () => {
  const operations = await documented();
  expect(operations.map(({ route }) => route).sort()).toEqual(Object.keys(ROUTE_CALLS).sort());
  for (const { route, operation } of operations) {
    const call = ROUTE_CALLS[route];
    expect([route, Object.keys(operation.responses)]).toEqual([
      route,
      expect.arrayContaining([String(call?.status), ...(call?.by === 'anybody' ? [] : ['401'])]),
    ]);
    expect([route, operation.security?.length]).toEqual([route, call?.by === 'anybody' ? 0 : 1]);
  }
});

describe.each(routes)('%s', (route, call) => {
  test(`when ${call.by} calls it, then ${call.status} as the contract says`, async () => {
    const { status, headers, body } = await call.call(await clientFor(call), shop);
    expect({ status, body }).toEqual({ status: call.status, body: call.body });
    expect(headers.get('x-request-id')).toMatch(REQUEST_ID);
    for (const [name, value] of Object.entries(call.headers ?? {})) expect(headers.get(name)).toMatch(value);
    if (!call.headers?.['cache-control']) expect(headers.get('cache-control')).toBe('no-store');
    if (body) expect(headers.get('content-type')).toMatch(/^application\/json/);
  });

  if (call.by !== 'anybody') {
    test('when nobody is signed in, then 401 says how to', async () => {
      const { status, headers, body } = await shop.anonymous().call(methodOf(route), pathOf(route));
      expect({ status, body }).toEqual({ status: 401, body: problem(401, 'UNAUTHENTICATED') });
      expect(body.instance).toBe(pathOf(route));
      expect(body.requestId).toBe(headers.get('x-request-id'));
      expect(headers.get('www-authenticate')).toMatch(/^Bearer error="[a-z_]+"/);
      expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(headers.get('cache-control')).toBe('no-store');
    });
  }

  if (call.by === 'admin') {
    test('when a customer calls it, then 403', async () => {
      const { status, body } = await customer.call(methodOf(route), pathOf(route));
      expect({ status, body }).toEqual({ status: 403, body: problem(403, 'FORBIDDEN') });
    });
  }
});
