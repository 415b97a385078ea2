import type { FastifyReply, FastifyRequest } from 'fastify';
import { listBodyOf, ListQueryDto, toListBody } from './list-query';

function linkFor(originalUrl: string, page: { nextCursor: string; total?: number }): string | undefined {
  let link: string | undefined;
  const reply = { header: (_name: string, value: string) => (link = value) };
  toListBody(reply as unknown as FastifyReply, { originalUrl } as FastifyRequest, { items: [], page });
  return link;
}

describe('the Link of a list', () => {
  test.each([
    ['/users', { nextCursor: 'c1' }, '/users?cursor=c1'],
    ['/users?limit=5', { nextCursor: 'c1' }, '/users?limit=5&cursor=c1'],
    ['/users?cursor=c1&limit=5', { nextCursor: 'c2' }, '/users?cursor=c2&limit=5'],
    ['/v1/users?search=a%20b', { nextCursor: 'c/+=' }, '/v1/users?search=a+b&cursor=c%2F%2B%3D'],
    ['/users?page=1&limit=2', { nextCursor: 'c1', total: 5 }, '/users?page=2&limit=2'],
    ['/users?page=2&limit=2', { nextCursor: '', total: 5 }, '/users?page=3&limit=2'],
    ['/users?page=1', { nextCursor: 'c1', total: 21 }, '/users?page=2'],
  ])('when %s has %j, then the next is %s', (url, page, next) => {
    expect(linkFor(url, page)).toBe(`<${next}>; rel="next"`);
  });

  test.each([
    ['/users', { nextCursor: '' }],
    ['/users?page=3&limit=2', { nextCursor: '', total: 5 }],
    ['/users?page=1&limit=5', { nextCursor: '', total: 5 }],
    ['/users?page=9&limit=5', { nextCursor: '', total: 5 }],
    ['/users?page=1', { nextCursor: '', total: 0 }],
  ])('when %s has %j, then there is none', (url, page) => {
    expect(linkFor(url, page)).toBeUndefined();
  });
});

describe('the body of a list', () => {
  test('when there is no next page and nothing was counted, then nextCursor is null and total absent', () => {
    expect(listBodyOf(['a'], { nextCursor: '' })).toEqual({ items: ['a'], nextCursor: null });
    expect(listBodyOf(['a'], null)).toEqual({ items: ['a'], nextCursor: null });
  });

  test('when nothing was found by number, then total is 0', () => {
    expect(listBodyOf([], { nextCursor: '', total: 0 })).toEqual({ items: [], nextCursor: null, total: 0 });
  });
});

describe('what is asked of a service', () => {
  const query = (changes: Partial<ListQueryDto>) => Object.assign(new ListQueryDto(), changes).pageRequest();

  test.each([
    [{}, { limit: 20, cursor: '', page: 0 }],
    [
      { limit: 5, cursor: 'c1' },
      { limit: 5, cursor: 'c1', page: 0 },
    ],
    [{ page: 2 }, { limit: 20, cursor: '', page: 2 }],
  ])('when the client says %j, then %j', (changes, request) => {
    expect(query(changes)).toEqual(request);
  });

  test('when the client says page and cursor, then VALIDATION_FAILED', () => {
    expect(() => query({ page: 1, cursor: 'c1' })).toThrow(expect.objectContaining({ reason: 'VALIDATION_FAILED' }));
  });
});
