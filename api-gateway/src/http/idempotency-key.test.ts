import { IDEMPOTENCY_KEY_HEADER, idempotencyKeyOf } from './idempotency-key';

const documented = new RegExp(IDEMPOTENCY_KEY_HEADER.schema.pattern, 'u');

describe('the Idempotency-Key', () => {
  test.each([
    [undefined, ''],
    ['a', 'a'],
    ['"a"', 'a'],
    ['""a""', '"a"'],
    ['"', '"'],
    ['a"b', 'a"b'],
    ['~!', '~!'],
    ['x'.repeat(255), 'x'.repeat(255)],
    [`"${'x'.repeat(255)}"`, 'x'.repeat(255)],
  ])('when the header is %j, then the key is %j', (header, key) => {
    expect(idempotencyKeyOf({ headers: { 'idempotency-key': header } })).toBe(key);
    if (header !== undefined) expect(header).toMatch(documented);
  });

  test.each(['', '""', ' ', 'a b', 'a\tb', 'a\0', 'é', '\x7f', 'a, b', 'x'.repeat(256), `"${'x'.repeat(256)}"`])(
    'when the header is %j, then VALIDATION_FAILED names it',
    (header) => {
      const fields = [expect.objectContaining({ field: 'Idempotency-Key' })];
      expect(() => idempotencyKeyOf({ headers: { 'idempotency-key': header } })).toThrow(
        expect.objectContaining({ reason: 'VALIDATION_FAILED', fields }),
      );
      expect(header).not.toMatch(documented);
    },
  );
});
