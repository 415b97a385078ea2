import { createHash } from 'node:crypto';
import type { orders } from '@shop/proto';

type Wish = Pick<orders.PlaceOrderRequest, 'items' | 'paymentMethod' | 'shippingAddress'>;

/** Two requests that wish for the same have the same fingerprint, in whatever order they say it. */
export function fingerprintOf({ items, paymentMethod, shippingAddress }: Wish): string {
  const lines = items.map(({ productId, quantity }) => [productId, quantity] as const);
  lines.sort(([a], [b]) => (a < b ? -1 : 1));
  const address = Object.entries(shippingAddress ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([lines, paymentMethod, address]))
    .digest('base64url');
}
