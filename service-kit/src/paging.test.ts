import { cutPage, encodeCursor, pageOf, positionOf } from './paging';

describe('pageOf', () => {
  it.each([undefined, null, {}, { limit: 0, cursor: '', page: 0 }])(
    'when nothing is asked for (%j), then 20 from the start',
    (request) => {
      expect(pageOf(request)).toEqual({ limit: 20, cursor: undefined, page: undefined });
    },
  );

  it('when a cursor was made by us, then its values come back as text', () => {
    const cursor = encodeCursor(['2026-01-02T03:04:05.678Z', 42, 'ä"]']);
    expect(pageOf({ limit: 5, cursor })).toEqual({
      limit: 5,
      page: undefined,
      cursor: ['2026-01-02T03:04:05.678Z', '42', 'ä"]'],
    });
  });

  it('when a page is asked for by number, then it is that page', () => {
    expect(pageOf({ limit: 100, page: 3 })).toEqual({ limit: 100, page: 3, cursor: undefined });
  });

  it.each([
    ['limit', { limit: 101 }],
    ['limit', { limit: -1 }],
    ['limit', { limit: 1.5 }],
    ['page', { page: -1 }],
    ['page', { page: 10_001 }],
    ['page', { page: 1.5 }],
    ['cursor', { page: 1, cursor: encodeCursor(['a']) }],
    ['cursor', { cursor: 'garbage' }],
    ['cursor', { cursor: Buffer.from('{"$gt":""}').toString('base64url') }],
    ['cursor', { cursor: Buffer.from('[]').toString('base64url') }],
    ['cursor', { cursor: Buffer.from('[1]').toString('base64url') }],
    ['cursor', { cursor: Buffer.from('[{"$gt":""}]').toString('base64url') }],
  ])('when %s is bad (%j), then VALIDATION_FAILED names it', (field, request) => {
    expect(() => pageOf(request)).toThrow(
      expect.objectContaining({ reason: 'VALIDATION_FAILED', fields: [expect.objectContaining({ field })] }),
    );
  });
});

describe('a page of rows', () => {
  const rows = [{ id: 'a' }, { id: 'b' }, { id: 'c' }];
  const cut = (limit: number) => cutPage(rows, { limit }, ({ id }) => [id]);

  it('when one row more than the page was read, then it is left out and the cursor leads to it', () => {
    const { shown, nextCursor } = cut(2);
    expect(shown).toEqual([{ id: 'a' }, { id: 'b' }]);
    expect(pageOf({ cursor: nextCursor }).cursor).toEqual(['b']);
  });

  it('when no row is left, then there is no cursor', () => {
    expect(cut(3)).toEqual({ shown: rows, nextCursor: '' });
  });
});

describe('positionOf', () => {
  const id = '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11';
  const position = (...values: string[]) => positionOf({ limit: 20, cursor: values });

  it('when the cursor is of a list by time, then it is the time and the id', () => {
    expect(position('2026-01-02T03:04:05.678Z', id)).toEqual({ at: new Date('2026-01-02T03:04:05.678Z'), id });
    expect(positionOf({ limit: 20 })).toBeUndefined();
  });

  it.each([
    ['no time', ['soon', id]],
    ['a time before our era', ['-271821-04-20T00:00:00.000Z', id]],
    ['no id', ['2026-01-02T03:04:05.678Z', "' OR 1=1"]],
    ['of another list', ['2026-01-02T03:04:05.678Z', id, 'more']],
  ])('when it is %s, then VALIDATION_FAILED', (_what, values) => {
    expect(() => position(...values)).toThrow(expect.objectContaining({ reason: 'VALIDATION_FAILED' }));
  });
});
