import { counter } from '@shop/service-kit';
import type { OrderMove, Reply } from './stock-steps';

const count = counter({
  name: 'stock_reservations_total',
  help: 'What became of what orders asked for, once each; rejected with its reason: short, or closed (cancelled before)',
  labels: ['outcome', 'reason'],
});
for (const outcome of ['reserved', 'released', 'committed', 'restocked']) count({ outcome, reason: '' }, 0);
for (const reason of ['short', 'closed']) count({ outcome: 'rejected', reason }, 0);

/** To be called when the move is written. */
export function countStockMove(to: OrderMove, reply?: Reply): void {
  if (to === 'RESTOCKING') return; // Not an end: RESTOCKED comes after it.
  const reason = to !== 'REJECTED' ? '' : reply && reply.shortages.length > 0 ? 'short' : 'closed';
  count({ outcome: to.toLowerCase(), reason });
}
