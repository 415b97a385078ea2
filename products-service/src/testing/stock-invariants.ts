import type { Line } from '../stock/stock-steps';
import type { MemoryCollections } from './memory-stock-store';

/** What must be true of the stock after every single operation. */
export function brokenAlways({ stock }: MemoryCollections): string[] {
  const broken: string[] = [];
  for (const [id, { available, reserved, sold, adjusted, marks }] of stock) {
    if (available < 0) broken.push(`${id}: negative stock`);
    if (available + reserved + sold !== adjusted) broken.push(`${id}: units made or lost`);
    const held = marks.reduce((sum, { st, n }) => sum + (st === 'R' ? n : 0), 0);
    if (held !== reserved) broken.push(`${id}: ${reserved} reserved, but marks for ${held}`);
  }
  return broken;
}

/** What must be true when everything has come to rest: sold is what was confirmed, and nothing is held. */
export function brokenAtEnd({ stock }: MemoryCollections, confirmed: readonly Line[]): string[] {
  const broken: string[] = [];
  for (const [id, { sold, reserved }] of stock) {
    const wanted = confirmed.reduce((sum, { productId, quantity }) => sum + (productId === id ? quantity : 0), 0);
    if (sold !== wanted) broken.push(`${id}: ${sold} sold, ${wanted} confirmed`);
    if (reserved !== 0) broken.push(`${id}: ${reserved} leaked`);
  }
  return broken;
}

/** Nothing is left to answer, to restock or to sweep. */
export function isSettled({ stock, orders }: MemoryCollections): boolean {
  const records = [...orders.values()];
  if (records.some(({ pending, state }) => pending || state === 'RESTOCKING')) return false;
  const released = new Set(records.filter(({ state }) => state === 'RELEASED').map(({ id }) => id));
  const marks = [...stock.values()].flatMap((one) => one.marks);
  return !marks.some(({ st, o }) => st === 'R' || (st === 'C' && released.has(o)));
}
