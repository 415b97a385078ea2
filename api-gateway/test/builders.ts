import type { orders, products } from '@shop/proto';

let made = 0;

/** Another one each time, so that no answer in a cache is about it. */
export function aProduct(changes: Partial<products.Product> = {}): products.Product {
  made += 1;
  return {
    id: `product-${made}`,
    sku: `MUG-${made}`,
    name: 'Blue mug',
    description: 'Holds 300 ml.',
    price: { amount: 1999, currency: 'USD' },
    category: 'kitchen',
    tags: ['mug', 'blue'],
    imageUrls: ['https://img.example/mug.jpg'],
    stock: { available: 118, reserved: 2, version: 7 },
    revision: 3,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-02T00:00:00.000Z',
    ...changes,
  };
}

/** As clients write it. */
export const aNewProduct = (changes: object = {}) => ({
  sku: 'MUG-NEW',
  name: 'Blue mug',
  description: 'Holds 300 ml.',
  price: { amount: 1999, currency: 'USD' },
  category: 'kitchen',
  ...changes,
});

export function anOrder(changes: Partial<orders.Order> = {}): orders.Order {
  return {
    id: 'order-1',
    number: '2026-000123',
    userId: 'user-1',
    status: 'confirmed',
    items: [
      {
        productId: 'product-1',
        sku: 'MUG-1',
        name: 'Blue mug',
        unitPrice: { amount: 1999, currency: 'USD' },
        quantity: 2,
        lineTotal: { amount: 3998, currency: 'USD' },
      },
    ],
    total: { amount: 3998, currency: 'USD' },
    payment: { provider: 'simulated', method: 'pm_card_visa', status: 'captured', reference: 'sim-1' },
    shippingAddress: {
      name: 'Ada',
      line1: '1 Mill Lane',
      line2: '',
      city: 'London',
      region: '',
      postalCode: 'E1 6AN',
      country: 'GB',
    },
    history: [
      { status: 'pending', at: '2026-01-01T00:00:00.000Z', reason: '', by: '' },
      { status: 'confirmed', at: '2026-01-01T00:00:01.000Z', reason: '', by: '' },
    ],
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:01.000Z',
    ...changes,
  };
}

/** As clients write it. */
export const aWish = (changes: object = {}) => ({
  items: [{ productId: 'product-1', quantity: 2 }],
  paymentMethod: 'pm_card_visa',
  shippingAddress: { name: 'Ada', line1: '1 Mill Lane', city: 'London', postalCode: 'E1 6AN', country: 'GB' },
  ...changes,
});
