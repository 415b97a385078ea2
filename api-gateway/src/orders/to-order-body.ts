import type { orders, types } from '@shop/proto';
import type { EndUser } from '@shop/service-kit';
import type { MoneyBody } from '../http/money-body';
import type { OrderBody } from './order-bodies';
import type { AddressDto } from './order-requests';

/** Named field by field; what is empty in the contract is absent in JSON. */
export function toOrderBody(order: orders.Order): OrderBody {
  const { id, number, userId, status, createdAt, updatedAt } = order;
  return {
    ...{ id, number, userId, status },
    items: order.items.map(({ productId, sku, name, unitPrice, quantity, lineTotal }) => ({
      ...{ productId, sku, name },
      unitPrice: toMoney(unitPrice),
      quantity,
      lineTotal: toMoney(lineTotal),
    })),
    total: toMoney(order.total),
    payment: toPayment(order.payment),
    shippingAddress: toAddressBody(order.shippingAddress),
    history: order.history.map(({ status: to, at, reason }) => ({ status: to, at, ...(reason ? { reason } : {}) })),
    ...{ createdAt, updatedAt },
  };
}

/** As toOrderBody, and for admins who did what. */
export function orderBodyFor({ role }: EndUser, order: orders.Order): OrderBody {
  const body = toOrderBody(order);
  if (role !== 'admin') return body;
  const history = body.history.map((entry, index) => {
    const by = order.history[index]?.by;
    return by ? { ...entry, by } : entry;
  });
  return { ...body, history };
}

/** The other way: what is absent in JSON is empty in the contract. */
export function toAddress(address: AddressDto): orders.Address {
  const { name, line1, line2 = '', city, region = '', postalCode, country } = address;
  return { name, line1, line2, city, region, postalCode, country };
}

function toPayment(payment: orders.Payment | null | undefined): OrderBody['payment'] {
  const { provider = '', method = '', status = 'pending', reference } = payment ?? {};
  return { provider, method, status, ...(reference ? { reference } : {}) };
}

function toAddressBody(address: orders.Address | null | undefined): AddressDto | null {
  if (!address) return null;
  const { name, line1, line2, city, region, postalCode, country } = address;
  return { name, line1, ...(line2 ? { line2 } : {}), city, ...(region ? { region } : {}), postalCode, country };
}

function toMoney(money: types.Money | null | undefined): MoneyBody {
  return { amount: money?.amount ?? 0, currency: money?.currency ?? '' };
}
