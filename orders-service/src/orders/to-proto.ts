import type { orders } from '@shop/proto';
import type { OrderStatus } from './order-process';
import type { OrderItem, OrderRow } from './order-row';

/** What clients see: how far along a pending order is, is our business. */
export function publicStatus(status: OrderStatus): string {
  return status === 'RESERVED' || status === 'PAYING' ? 'pending' : status.toLowerCase();
}

export function toProto(row: OrderRow): orders.Order {
  const money = (amount: number) => ({ amount, currency: row.currency });
  return {
    id: row.id,
    number: `${row.created_at.getUTCFullYear()}-${row.number.padStart(6, '0')}`,
    userId: row.user_id,
    status: publicStatus(row.status),
    items: row.items.map((item) => toItem(item, money)),
    total: money(Number(row.total_amount)),
    payment: {
      provider: row.payment_provider,
      method: row.payment_method,
      status: paymentStatus(row),
      reference: row.reference ?? '',
    },
    shippingAddress: row.shippingAddress,
    history: visibleHistory(row),
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  };
}

function toItem(item: OrderItem, money: (amount: number) => { amount: number; currency: string }): orders.OrderItem {
  const { unitPrice, quantity, ...rest } = item;
  return { ...rest, quantity, unitPrice: money(unitPrice), lineTotal: money(unitPrice * quantity) };
}

function paymentStatus({ refund_status: refund, attempt_status: attempt }: OrderRow): string {
  if (refund) return refund;
  if (attempt === 'CAPTURED') return 'captured';
  return attempt === 'DECLINED' ? 'declined' : 'pending';
}

// PENDING, RESERVED and PAYING are one status to clients, so the steps between them are left out.
function visibleHistory({ history }: OrderRow): orders.HistoryEntry[] {
  const all = history.map(({ status, at, reason = '', by = '' }) => ({ status: publicStatus(status), at, reason, by }));
  return all.filter((entry, index) => entry.status !== all[index - 1]?.status);
}
