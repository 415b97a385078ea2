import { ServiceTokens, startApp } from '@shop/service-kit';
import { asAdmin, eventually } from '@shop/service-kit/testing';
import type { AddressInfo } from 'node:net';
import { AppModule } from '../src/app.module';
import { aConfig, aProduct, databaseUri, startTestApp, type TestApp } from './support';

describe('the read-only view on the HTTP port', () => {
  let shop: TestApp;
  let http: Awaited<ReturnType<typeof startApp>>;
  let origin: string;
  const config = aConfig({ MONGODB_URI: databaseUri() });
  const token = new ServiceTokens('operator', config.JWT_SERVICE_SECRET).issue('products-service');

  beforeAll(async () => {
    shop = await startTestApp({ MONGODB_URI: config.MONGODB_URI });
    http = await startApp({ name: 'products-service', module: AppModule.forRoot(config), config });
    origin = `http://127.0.0.1:${(http.getHttpServer().address() as AddressInfo).port}`;
    await eventually(async () => expect((await fetch(`${origin}/health/ready`)).status).toBe(200));
  });
  afterAll(async () => {
    await http.close();
    await shop.close();
  });

  const get = async (path: string, authorization?: string) => {
    const response = await fetch(origin + path, { headers: authorization ? { authorization } : {} });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  test.each(['/products', '/products/some-id'])(
    'when %s is read without a service token, then it is refused',
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 401, body: { code: 'UNAUTHENTICATED' } });
      expect(await get(path, 'Bearer nonsense')).toMatchObject({ status: 401 });
      const foreign = new ServiceTokens('operator', config.JWT_SERVICE_SECRET).issue('users-service');
      expect(await get(path, `Bearer ${foreign}`)).toMatchObject({ status: 401 });
    },
  );

  test('when it is read with a service token, then products are shown, page by page', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) ids.unshift((await asAdmin(() => shop.controller.createProduct(aProduct()))).id);

    const first = await get('/products?limit=2', `Bearer ${token}`);
    const second = await get(`/products?limit=2&cursor=${String(first.body.nextCursor)}`, `Bearer ${token}`);

    const shown = [...(first.body.items as { id: string }[]), ...(second.body.items as { id: string }[])];
    expect(shown.map(({ id }) => id)).toEqual(ids);
    expect(second.body.nextCursor).toBeNull();
    expect(await get(`/products/${ids[0]}`, `Bearer ${token}`)).toMatchObject({ status: 200, body: { id: ids[0] } });
    expect(await get('/products/unknown', `Bearer ${token}`)).toMatchObject({
      status: 404,
      body: { code: 'PRODUCT_NOT_FOUND' },
    });
  });

  test.each(['limit=0x', 'limit=101', 'cursor=bad', 'price=1', 'limit=1&limit=2'])(
    'when the query is %s, then it is refused',
    async (query) => {
      expect(await get(`/products?${query}`, `Bearer ${token}`)).toMatchObject({
        status: 400,
        body: { code: 'VALIDATION_FAILED' },
      });
    },
  );

  test('when MongoDB answers and the broker does not, then the app is ready, degraded', async () => {
    const { status, body } = await get('/health/ready');
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'ok', details: { mongodb: { status: 'up' }, rabbitmq: { status: 'down' } } });
  });
});
