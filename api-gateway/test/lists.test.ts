import { DomainError } from '@shop/service-kit';
import { anOrder, aProduct } from './builders';
import { expectProblem } from './http';
import { customer, openShop, type Shop, type Who } from './shop';

let shop: Shop;

beforeAll(async () => {
  shop = await openShop();
});
beforeEach(() => shop.reset());
afterAll(() => shop.close());

interface List {
  readonly path: string;
  readonly who: Who;
  readonly service: 'users' | 'products' | 'orders';
  readonly method: string;
  readonly item: object;
}

const record = { id: 'act-1', at: '', actor: '', action: '', target: '', ip: '', requestId: '', details: {} };
// An admin's reads of the catalogue are not answered from the cache, so each is seen.
const LISTS: List[] = [
  { path: '/products', who: 'admin', service: 'products', method: 'listProducts', item: aProduct() },
  { path: '/orders', who: 'customer', service: 'orders', method: 'listOrders', item: anOrder() },
  { path: '/orders/all', who: 'admin', service: 'orders', method: 'listOrders', item: anOrder() },
  { path: '/users', who: 'admin', service: 'users', method: 'listUsers', item: customer },
  { path: '/audit', who: 'admin', service: 'users', method: 'listAudit', item: record },
];

const answering = ({ service, method, item }: List, page: object) =>
  (shop.services[service][method] = jest.fn(async () => ({ items: [item], page })));
const linkOf = (headers: Headers) => /^<(.*)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];

describe.each(LISTS)('GET $path', (list) => {
  const get = (query = '', version = '') => shop.ask(list.who, `GET ${version}${list.path}${query}`);

  test('when nothing is said, then it is the first 20', async () => {
    const call = answering(list, { nextCursor: '' });
    const { status, body, headers } = await get();
    expect([status, Object.keys(body).sort(), body.items.length]).toEqual([200, ['items', 'nextCursor'], 1]);
    expect(body.nextCursor).toBeNull();
    expect(linkOf(headers)).toBeUndefined();
    expect(call).toHaveBeenCalledWith(expect.objectContaining({ page: { limit: 20, cursor: '', page: 0 } }));
  });

  test.each(['0', '101', '-1', '1.5', 'ten', '', '1e1', '%2010', '9'.repeat(20)])(
    'when limit is %j, then 400',
    async (limit) => {
      const answer = await get(`?limit=${limit}`);
      expectProblem(answer, 400, 'VALIDATION_FAILED');
      expect(answer.body.errors).toMatchObject([{ field: 'limit' }]);
    },
  );

  test.each(['1', '100'])('when limit is %s, then so it is', async (limit) => {
    const call = answering(list, { nextCursor: '' });
    expect((await get(`?limit=${limit}`)).status).toBe(200);
    expect(call).toHaveBeenCalledWith(
      expect.objectContaining({ page: expect.objectContaining({ limit: Number(limit) }) }),
    );
  });

  test.each([
    ['page=1&cursor=abc', 'cursor'],
    ['page=0', 'page'],
    ['page=10001', 'page'],
    ['page=first', 'page'],
    ['cursor=', 'cursor'],
    [`cursor=${'x'.repeat(1001)}`, 'cursor'],
    ['limit=5&limit=6', 'limit'],
    ['cursor[]=a', 'cursor[]'],
    ['offset=5', 'offset'],
  ])('when the query is %s, then 400 names %s, and nobody is asked', async (query, field) => {
    const answer = await get(`?${query}`);
    expectProblem(answer, 400, 'VALIDATION_FAILED');
    expect(answer.body.errors).toMatchObject([{ field }]);
  });

  test('when there is more, then nextCursor and Link lead on, with everything else that was asked', async () => {
    const call = answering(list, { nextCursor: 'c/2+=' });
    const { body, headers } = await get('?limit=1');
    expect(body.nextCursor).toBe('c/2+=');
    expect(body).not.toHaveProperty('total');
    expect(linkOf(headers)).toBe(`${list.path}?limit=1&cursor=c%2F2%2B%3D`);
    await shop.ask(list.who, `GET ${linkOf(headers)}`);
    expect(call).toHaveBeenLastCalledWith(expect.objectContaining({ page: { limit: 1, cursor: 'c/2+=', page: 0 } }));
    expect(linkOf((await get('?limit=1&cursor=c1', '/v1')).headers)).toMatch(`/v1${list.path}?limit=1&cursor=c%2F2`);
  });

  test('when pages are asked for by number, then there is a total, and Link stops at the last', async () => {
    const call = answering(list, { nextCursor: 'c2', total: 5 });
    const { body, headers } = await get('?page=2&limit=2');
    expect(body.total).toBe(5);
    expect(call).toHaveBeenCalledWith(expect.objectContaining({ page: { limit: 2, cursor: '', page: 2 } }));
    expect(linkOf(headers)).toBe(`${list.path}?page=3&limit=2`);
    expect(linkOf((await get('?page=3&limit=2')).headers)).toBeUndefined();
  });

  test('when the service does not know the cursor, then 400', async () => {
    const fields = [{ field: 'cursor', message: 'cursor is not one of ours' }];
    shop.services[list.service][list.method] = jest.fn(() =>
      Promise.reject(new DomainError('VALIDATION_FAILED', { fields })),
    );
    expect(await get('?cursor=forged')).toMatchObject({ status: 400, body: { errors: fields } });
  });
});
