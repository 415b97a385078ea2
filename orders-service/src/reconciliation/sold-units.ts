import type { ComparedOrder } from './compared-orders.repository';
import type { Drift } from './drift';
import { isSold, unitsOf } from './stock-drift';

interface Bounds {
  least: number;
  most: number;
}

/**
 * What orders have bought of each product, against what its stock has sold. Stock is to be read first: an order that has not
 * changed since long before then is surely sold or surely not, and any other may be either.
 */
export class SoldUnits {
  private readonly bought = new Map<string, Bounds>();

  add({ status, items }: ComparedOrder, isSettled: boolean): void {
    if (isSettled && !isSold(status)) return;
    for (const [productId, units] of unitsOf(items)) {
      const bounds = this.bought.get(productId) ?? { least: 0, most: 0 };
      this.bought.set(productId, { least: bounds.least + (isSettled ? units : 0), most: bounds.most + units });
    }
  }

  drifts(soldOf: ReadonlyMap<string, number>): Drift[] {
    return [...soldOf].flatMap(([id, sold]) => {
      const { least, most } = this.bought.get(id) ?? { least: 0, most: 0 };
      if (sold >= least && sold <= most) return [];
      const detail = `${sold} sold, ${least === most ? least : `${least} to ${most}`} bought by orders`;
      return [{ of: 'product' as const, id, kind: 'sold-differs' as const, detail }];
    });
  }
}
