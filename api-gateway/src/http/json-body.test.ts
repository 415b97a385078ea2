import { isDeeperThan, reservedNameIn } from './json-body';

/** Nested without recursion, as JSON.parse would. */
function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 'leaf';
  for (let i = 0; i < levels; i++) value = wrap(value);
  return value;
}

describe('how deep a body is', () => {
  test.each<[string, (inner: unknown) => unknown]>([
    ['objects', (inner) => ({ inner })],
    ['arrays', (inner) => [inner]],
    ['both in turn', (inner) => [{ inner }, 1, null]],
  ])('when it is made of %s, then its levels are counted', (_what, wrap) => {
    const perWrap = Array.isArray(wrap(0)) && typeof (wrap(0) as unknown[])[0] === 'object' ? 2 : 1;
    expect(isDeeperThan(nested(20 / perWrap, wrap), 20)).toBe(false);
    expect(isDeeperThan(nested(20 / perWrap + 1, wrap), 20)).toBe(true);
  });

  test.each([1, 'text', null, undefined, true])('when it is %j, then it has no levels', (value) => {
    expect(isDeeperThan(value, 0)).toBe(false);
  });

  test('when it is 100,000 levels deep, then that is found out without a deep stack', () => {
    expect(
      isDeeperThan(
        nested(100_000, (inner) => [inner]),
        99_999,
      ),
    ).toBe(true);
  });
});

describe('names that every object has', () => {
  test.each<[unknown, string]>([
    [{ toString: 1 }, 'toString'],
    [{ a: [{ b: { hasOwnProperty: null } }] }, 'hasOwnProperty'],
    [JSON.parse('{"__proto__":1}'), '__proto__'],
    [{ constructor: {} }, 'constructor'],
    [{ a: { prototype: 1 } }, 'prototype'],
  ])('when %j has one, then it is found', (value, name) => {
    expect(reservedNameIn(value)).toBe(name);
  });

  test.each<[unknown]>([[{ name: 'toString', tags: ['constructor'] }], [[]], [{}], [null], ['toString']])(
    'when %j has none, then none is',
    (value) => {
      expect(reservedNameIn(value)).toBeUndefined();
    },
  );
});
