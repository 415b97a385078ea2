import type { NewOrder } from '../../orders-service/src/orders/order-row';
import type { HostileScheduler } from '../../products-service/src/testing/hostile-scheduler';
import { DECLINED_CARD, UNREACHABLE_CARD } from './bank';

/** What customers are going to order: a few orders that compete for the same few units, each with a card of its own. */
export function wishes(scheduler: HostileScheduler<unknown>, products: readonly string[]): NewOrder[] {
  return Array.from({ length: 2 + scheduler.below(5) }, (_, index) => wish(scheduler, products, index));
}

function wish(scheduler: HostileScheduler<unknown>, products: readonly string[], index: number): NewOrder {
  const chosen = products.filter(() => scheduler.chance(0.6));
  const items = (chosen.length > 0 ? chosen : products.slice(0, 1)).map((productId) => {
    return { productId, sku: productId, name: productId, unitPrice: 100, quantity: 1 + scheduler.below(3) };
  });
  return {
    // Stores sort by id, so that it has to be the same in every run of a seed.
    id: `00000000-0000-4000-8000-00000000000${index}`,
    userId: `user-${index}`,
    items,
    totalAmount: items.reduce((total, { unitPrice, quantity }) => total + unitPrice * quantity, index + 1),
    currency: 'USD',
    paymentProvider: 'bank',
    paymentMethod: `card-${index}-${kindOfCard(scheduler.random())}`,
    shippingAddress: { name: '', line1: '', line2: '', city: '', region: '', postalCode: '', country: '' },
    idempotencyKey: '',
    fingerprint: '',
  };
}

function kindOfCard(dice: number): string {
  if (dice < 0.15) return DECLINED_CARD;
  return dice < 0.25 ? UNREACHABLE_CARD : 'good';
}
