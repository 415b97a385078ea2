import type { OrderBody } from './order-bodies';

const at = '2026-11-24T08:30:00.000Z';

/** For the OpenAPI document, whose generated examples show a confirmed order. */
export const PENDING_ORDER: OrderBody = {
  id: '5b9c1a52-8c52-4a43-9b3d-0c7c1f2e3d4f',
  number: '2026-000123',
  userId: 'b0b2c9b4-5d0a-4f7e-9a53-4f2f3f6f0c11',
  status: 'pending',
  items: [
    {
      productId: '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11',
      sku: 'MUG-BLUE',
      name: 'Blue mug',
      unitPrice: { amount: 1999, currency: 'USD' },
      quantity: 2,
      lineTotal: { amount: 3998, currency: 'USD' },
    },
  ],
  total: { amount: 3998, currency: 'USD' },
  payment: { provider: 'simulated', method: 'pm_card_slow', status: 'pending' },
  shippingAddress: {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  },
  history: [{ status: 'pending', at }],
  createdAt: at,
  updatedAt: at,
};
