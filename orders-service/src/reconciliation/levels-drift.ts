import type { StockLevels } from '../products/products.client';
import type { Drift } from './drift';

/** Where the units of a product disagree with each other. */
export function levelDriftsOf({ productId, available, reserved, sold, adjusted, reservedFor }: StockLevels): Drift[] {
  const about = { of: 'product', id: productId } as const;
  const drifts: Drift[] = [];
  const isNegative = Math.min(available, reserved, sold) < 0;
  if (isNegative || available + reserved + sold !== adjusted)
    drifts.push({
      ...about,
      kind: 'units-do-not-add-up',
      detail: `${available} + ${reserved} + ${sold}, put in: ${adjusted}`,
    });
  const marked = reservedFor.reduce((sum, { quantity }) => sum + quantity, 0);
  if (marked !== reserved)
    drifts.push({ ...about, kind: 'reserved-differs', detail: `${reserved} reserved, ${marked} by orders` });
  return drifts;
}
