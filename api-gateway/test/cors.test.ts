import { ask } from './http';
import { openShop, type Shop } from './shop';

const KNOWN = ['https://shop.example', 'https://app.shop.example:8443'];
const STRANGERS = ['https://evil.example', 'http://shop.example', 'https://shop.example.evil.example', 'null'];

let shop: Shop;

beforeAll(async () => {
  shop = await openShop({ RATE_LIMIT_ENABLED: 'false', CORS_ORIGINS: KNOWN.join(', ') });
});
afterAll(() => shop.close());

const from = (origin: string, what: string, headers = {}) =>
  ask(shop.gateway.url, what, { headers: { origin, ...headers } });
const preflight = (origin: string, path: string) =>
  from(origin, `OPTIONS ${path}`, {
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'authorization, content-type, idempotency-key, if-match',
  });

describe('browsers', () => {
  test.each(KNOWN)(
    'when %s asks first, then it may use every method and header, and need not ask again soon',
    async (origin) => {
      for (const path of ['/users/me', '/v1/orders/some-id/cancel', '/nothing']) {
        const { status, headers, body } = await preflight(origin, path);
        expect([status, body]).toEqual([204, '']);
        expect(headers.get('access-control-allow-origin')).toBe(origin);
        expect(headers.get('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
        expect(headers.get('access-control-allow-headers')).toContain('idempotency-key');
        expect(Number(headers.get('access-control-max-age'))).toBe(600);
        expect(headers.get('access-control-allow-credentials')).toBeNull();
      }
    },
  );

  test.each(STRANGERS)('when %s asks, first or at once, then no browser shows it the answer', async (origin) => {
    expect((await preflight(origin, '/users/me')).headers.get('access-control-allow-origin')).toBeNull();
    const { headers } = await from(origin, 'GET /health');
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('vary')).toContain('Origin');
  });

  test.each<[string, number, Record<string, string>?]>([
    ['GET /health', 200],
    ['GET /users/me', 401],
    ['GET /nothing', 404],
    ['PUT /orders', 405],
    ['POST /auth/login', 400],
    ['POST /auth/login', 415, { 'content-type': 'text/plain' }],
  ])(
    'when a known origin sends %s and is answered %i, then it can read that, and the headers of ours',
    async (what, status, headers = {}) => {
      const answer = await ask(shop.gateway.url, what, {
        headers: { origin: KNOWN[0] as string, ...headers },
        body: what.startsWith('POST') ? {} : undefined,
      });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('access-control-allow-origin')).toBe(KNOWN[0]);
      const exposed = answer.headers.get('access-control-expose-headers')?.toLowerCase().split(', ');
      for (const name of [
        'x-request-id',
        'location',
        'link',
        'etag',
        'retry-after',
        'ratelimit',
        'idempotent-replayed',
      ]) {
        expect(exposed).toContain(name);
      }
    },
  );

  test('when a product is read from a known origin, then caches tell apart origins and who is signed in', async () => {
    shop.services.products.listProducts = jest.fn(async () => ({ items: [], page: { nextCursor: '' } }));
    const { headers } = await from(KNOWN[0] as string, 'GET /products');
    expect(headers.get('vary')?.split(', ').sort()).toEqual(['Authorization', 'Origin']);
  });
});
