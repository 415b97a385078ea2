/**
 * What is measured. `share` is the part of --requests that is measured (and half as much again before it, to warm up);
 * `{n}` in a path is another number in every request; `goals` are checked in goals.mjs.
 */
export const SCENARIOS = [
  {
    name: 'list-cached',
    title: 'product list, cached',
    share: 1,
    requests: () => [{ path: '/products?limit=20' }],
    goals: [{ of: 'appsMs', atMost: 0.25 }],
  },
  {
    name: 'list-uncached',
    title: 'product list, uncached',
    share: 0.1,
    requests: () => [{ path: '/products?limit=20&maxPrice={n}' }],
    goals: [{ of: 'appsMs', atMost: 2 }],
  },
  {
    name: 'detail-cached',
    title: 'product detail, cached',
    share: 1,
    requests: async (shop) => [{ path: `/products/${(await shop.products())[0]}` }],
    goals: [{ of: 'appsMs', atMost: 0.25 }],
  },
  {
    name: 'detail-uncached',
    title: 'product detail, uncached',
    share: 0.1,
    // The gateway keeps an answer for a second: a product that comes round again too soon would be answered from there.
    notAgainWithinMs: 1100,
    requests: async (shop) => (await shop.products()).map((id) => ({ path: `/products/${id}` })),
    goals: [{ of: 'appsMs', atMost: 2 }],
  },
  {
    name: 'me',
    title: '/users/me',
    share: 0.3,
    requests: ({ customers }) => customers.map(({ headers }) => ({ path: '/users/me', headers })),
    goals: [
      { of: 'appsMs', atMost: 2 },
      { of: 'appsMs', atMost: 1.5, times: 'hop-user' },
    ],
  },
  {
    name: 'order',
    title: 'whole order',
    share: 0.03,
    // A 202 is one that was confirmed after 2.5 s: the table says how many.
    expect: [201, 202],
    requests: async (shop) => (await shop.products()).map((id, index) => orderOf(id, shop.customers, index)),
    goals: [{ of: 'appsMs', atMost: 30 }],
  },
  {
    name: 'login',
    title: 'login',
    share: 0.006,
    // A hash gets no faster by practice.
    warmUp: 0.1,
    requests: ({ accounts }) => accounts.map((body) => ({ method: 'POST', path: '/auth/login', body })),
    goals: [{ of: 'perSecond', atLeast: 0.95, times: 'hash' }],
  },
];

/** Bare servers in the same run: what the machine can do at all with the same bytes, or the same hash; `beside` which scenarios. */
export const REFERENCES = [
  {
    name: 'http',
    title: 'bare HTTP, list',
    share: 1,
    answer: 'list',
    overGrpc: false,
    beside: ['list-cached', 'detail-cached'],
  },
  {
    name: 'hop-list',
    title: 'bare TLS gRPC hop, list',
    share: 0.3,
    answer: 'list',
    overGrpc: true,
    beside: ['list-uncached', 'detail-uncached'],
  },
  { name: 'hop-user', title: 'bare TLS gRPC hop, user', share: 0.3, answer: 'user', overGrpc: true, beside: ['me'] },
];

export const HASH_REFERENCE = { name: 'hash', title: 'bare bcrypt, cost 12', share: 0.004, beside: ['login'] };

function orderOf(productId, customers, index) {
  const shippingAddress = {
    name: 'Ada Lovelace',
    line1: '12 St James Square',
    city: 'London',
    postalCode: 'SW1Y 4JH',
    country: 'GB',
  };
  const { headers } = customers[index % customers.length];
  const body = { items: [{ productId, quantity: 1 }], paymentMethod: 'pm_card_visa', shippingAddress };
  return { method: 'POST', path: '/orders', headers, body, keyed: true };
}
