import { encodeCursor, pageOf } from './paging';

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
