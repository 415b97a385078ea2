import type { World } from './world';

/** What became of every order, for whoever has to find out what went wrong. */
export function storyOf({ tables, stock, bank }: World): string[] {
  return [...tables.orders.values()].map(({ id, history, items, payment_method: card }) => {
    const steps = history.map(({ status, at, reason }) => `${status} ${reason ?? ''}@${Date.parse(at) / 1000}s`);
    const lines = items.map(({ productId, quantity }) => `${quantity} ${productId}`);
    const payments = [...bank.payments.values()].filter((payment) => payment.card === card);
    return [
      `order …${id.at(-1)} of ${lines.join(' + ')}: ${steps.join(' → ')}`,
      `stock says ${stock.orders.get(id)?.state ?? 'nothing'}`,
      `${card}: ${payments.map(({ outcome }) => outcome).join(', ') || 'never asked'}`,
    ].join('; ');
  });
}

/** How the orders have ended, and whether money went back. */
export function endingsIn({ tables }: World): string[] {
  const refunded = new Set([...tables.refunds.values()].map(({ order_id: orderId }) => orderId));
  return [...tables.orders.values()].map(({ id, status, history }) => {
    const reason = history.at(-1)?.reason;
    return `${status}${reason ? `: ${reason}` : ''}${refunded.has(id) ? ', refunded' : ''}`;
  });
}
