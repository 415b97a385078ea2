import { randomUUID } from 'node:crypto';

export function anOrderOf(productId: string, quantity = 1, paymentMethod = 'pm_card_visa'): object {
  return anOrder({ items: [{ productId, quantity }], paymentMethod });
}

export function anOrder(changes: object): object {
  return { paymentMethod: 'pm_card_visa', shippingAddress: anAddress(), ...changes };
}

export function anAddress(changes: object = {}): object {
  return {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
    ...changes,
  };
}

/** What PUT takes: everything but the stock. */
export function aProductWithoutStock(changes: object = {}): object {
  const sku = `TEST-${randomUUID()}`;
  const price = { amount: 1999, currency: 'USD' };
  return { sku, name: 'Test lantern', description: 'For tests', price, category: 'testing', ...changes };
}

export function aProduct(available: number, changes: object = {}): object {
  return { ...aProductWithoutStock(changes), stock: { available } };
}
