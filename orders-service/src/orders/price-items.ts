import { DomainError, isPlainName, MAX_AMOUNT } from '@shop/service-kit';
import type { ProductOnSale } from '../products/products.client';
import type { OrderItem } from './order-row';

export interface PricedItems {
  readonly items: OrderItem[];
  readonly totalAmount: number;
  readonly currency: string;
}

/**
 * What was wished for, at the catalogue's prices of this moment.
 * @throws DomainError PRODUCT_NOT_FOUND, or VALIDATION_FAILED when the total is no longer exact.
 */
export function priceItems(
  lines: readonly { productId: string; quantity: number }[],
  products: readonly ProductOnSale[],
): PricedItems {
  const onSale = new Map(products.map((product) => [product.id, product]));
  const items = lines.map(({ productId, quantity }) => {
    const product = onSale.get(productId);
    if (!product) throw unknownProduct(productId);
    return { productId, sku: product.sku, name: product.name, unitPrice: product.price, quantity };
  });
  const totalAmount = items.reduce((sum, { unitPrice, quantity }) => sum + unitPrice * quantity, 0);
  if (!Number.isSafeInteger(totalAmount) || totalAmount > MAX_AMOUNT) {
    throw new DomainError('VALIDATION_FAILED', { fields: [{ field: 'items', message: 'the total is too large' }] });
  }
  return { items, totalAmount, currency: products[0]?.currency ?? '' };
}

function unknownProduct(id: string): DomainError {
  return new DomainError('PRODUCT_NOT_FOUND', isPlainName(id) ? { detail: `There is no product ${id}` } : {});
}
