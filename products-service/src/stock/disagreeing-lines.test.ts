import { disagreeingLines } from './disagreeing-lines';
import type { MarkState, OrderState } from './stock-steps';

const marked = (st?: MarkState, n = 2) =>
  new Map([
    [
      'lamp',
      [{ o: 'other', n: 1, st: 'R' as const, at: new Date() }, ...(st ? [{ o: 'o1', n, st, at: new Date() }] : [])],
    ],
  ]);
const order = (state: OrderState) => ({ id: 'o1', state, lines: [{ productId: 'lamp', quantity: 2 }] });

test.each([
  ['RESERVED', 'R'],
  ['COMMITTED', 'C'],
  ['COMMITTED', undefined],
  ['RELEASED', 'X'],
  ['RELEASED', undefined],
  ['REJECTED', undefined],
  ['RESTOCKED', 'X'],
  ['RESERVING', 'R'],
  ['RESTOCKING', 'C'],
] as const)('when a record is %s and the mark is %s, then they agree', (state, st) => {
  expect(disagreeingLines(order(state), marked(st))).toEqual([]);
});

test.each([
  ['RESERVED', undefined],
  ['RESERVED', 'C'],
  ['COMMITTED', 'R'],
  ['COMMITTED', 'X'],
  ['RELEASED', 'R'],
  ['RELEASED', 'C'],
  ['REJECTED', 'R'],
  ['RESTOCKED', 'C'],
] as const)('when a record is %s and the mark is %s, then the line is named', (state, st) => {
  expect(disagreeingLines(order(state), marked(st))).toEqual(['lamp']);
});

test('when the mark is of another quantity, or the product has no stock at all, then the line is named', () => {
  expect(disagreeingLines(order('RESERVED'), marked('R', 1))).toEqual(['lamp']);
  expect(disagreeingLines(order('RESERVED'), new Map())).toEqual(['lamp']);
});
