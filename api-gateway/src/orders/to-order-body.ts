import type { orders, types } from '@shop/proto';
import type { OrderBody } from './order.bodies';

/** Named field by field; what is empty in the contract is absent in JSON. */
export function toOrderBody(order: orders.Order): OrderBody {
  const { id, number, userId, status, createdAt, updatedAt } = order;
  return {
    ...{ id, number, userId, status },
    items: order.items.map(({ productId, sku, name, unitPrice, quantity, lineTotal }) => ({
      ...{ productId, sku, name, quantity },
      unitPrice: moneyOf(unitPrice),
      lineTotal: moneyOf(lineTotal),
    })),
    total: moneyOf(order.total),
    payment: {
      provider: order.payment?.provider ?? '',
      method: order.payment?.method ?? '',
      status: order.payment?.status ?? 'pending',
      ...(order.payment?.reference ? { reference: order.payment.reference } : {}),
    },
    shippingAddress: addressOf(order.shippingAddress),
    history: order.history.map(({ status: to, at, reason }) => ({ status: to, at, ...(reason ? { reason } : {}) })),
    ...{ createdAt, updatedAt },
  };
}

function addressOf(address: orders.Address | null | undefined): OrderBody['shippingAddress'] {
  if (!address) return null;
  const { name, line1, line2, city, region, postalCode, country } = address;
  return { name, line1, ...(line2 ? { line2 } : {}), city, ...(region ? { region } : {}), postalCode, country };
}

function moneyOf(money: types.Money | null | undefined): { amount: number; currency: string } {
  return { amount: money?.amount ?? 0, currency: money?.currency ?? '' };
}
