import type { Mark, MarkState, OrderState, StockOrder } from './stock-steps';

/** Marks that an order may have left on a product; whether it must have one is another question. */
const MARKS_OF: Partial<Record<OrderState, readonly MarkState[]>> = {
  RESERVED: ['R'],
  COMMITTED: ['C'],
  REJECTED: ['X'],
  RELEASED: ['X'],
  RESTOCKED: ['X'],
};

/**
 * Products whose units of the order are not where its recorded state says. A state that is on its way to another
 * (RESERVING, RESTOCKING) promises nothing, and marks of what is final are forgotten after a while.
 */
export function disagreeingLines(
  { id, state, lines }: Pick<StockOrder, 'id' | 'state' | 'lines'>,
  marksOf: ReadonlyMap<string, readonly Mark[]>,
): string[] {
  const wanted = MARKS_OF[state];
  if (!wanted) return [];
  const disagrees = lines.filter(({ productId, quantity }) => {
    const own = (marksOf.get(productId) ?? []).filter(({ o }) => o === id);
    const isHeld = own.length === 1 && own[0]?.n === quantity;
    return own.some(({ st }) => !wanted.includes(st)) || (state === 'RESERVED' && !isHeld);
  });
  return disagrees.map(({ productId }) => productId);
}
