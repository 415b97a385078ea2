const ROLES = ['customer', 'admin'];
const ORDER_STATUSES = ['pending', 'confirmed', 'failed', 'cancelled', 'shipped', 'delivered'];
const PAYMENT_STATUSES = ['pending', 'captured', 'declined', 'refund_pending', 'refunded'];

export const ID = expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
export const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
export const TEXT = expect.any(String);
const MONEY = { amount: expect.any(Number), currency: 'USD' };
const TOKEN = expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/);

export const USER = {
  id: ID,
  email: TEXT,
  name: TEXT,
  role: oneOf(ROLES),
  disabled: expect.any(Boolean),
  createdAt: TIME,
  updatedAt: TIME,
};

export const SIGNED_IN = {
  accessToken: TOKEN,
  refreshToken: TOKEN,
  tokenType: 'Bearer',
  expiresIn: 900,
  refreshExpiresIn: expect.any(Number),
  user: USER,
};

export const SESSION = {
  id: ID,
  createdAt: TIME,
  lastSeenAt: TIME,
  ip: TEXT,
  userAgent: TEXT,
  current: expect.any(Boolean),
};

const PRODUCT_WITHOUT_STOCK = {
  id: ID,
  sku: TEXT,
  name: TEXT,
  description: TEXT,
  price: MONEY,
  category: TEXT,
  tags: expect.arrayOf(TEXT),
  imageUrls: expect.arrayOf(TEXT),
  createdAt: TIME,
  updatedAt: TIME,
};

/** As customers see it. */
export const PRODUCT = { ...PRODUCT_WITHOUT_STOCK, stock: { available: expect.any(Number) } };

export const PRODUCT_FOR_ADMINS = {
  ...PRODUCT_WITHOUT_STOCK,
  stock: { available: expect.any(Number), reserved: expect.any(Number) },
};

/** A paid one; others lack the payment's reference. */
export const ORDER = {
  id: ID,
  number: TEXT,
  userId: ID,
  status: oneOf(ORDER_STATUSES),
  items: expect.arrayOf({
    productId: ID,
    sku: TEXT,
    name: TEXT,
    unitPrice: MONEY,
    quantity: expect.any(Number),
    lineTotal: MONEY,
  }),
  total: MONEY,
  payment: { provider: TEXT, method: TEXT, status: oneOf(PAYMENT_STATUSES), reference: TEXT },
  shippingAddress: { name: TEXT, line1: TEXT, city: TEXT, postalCode: TEXT, country: TEXT },
  history: expect.arrayOf(expect.objectContaining({ status: oneOf(ORDER_STATUSES), at: TIME })),
  createdAt: TIME,
  updatedAt: TIME,
};

export const AUDIT_RECORD = {
  id: ID,
  at: TIME,
  actor: TEXT,
  action: TEXT,
  target: TEXT,
  ip: TEXT,
  requestId: TEXT,
  details: expect.any(Object),
};

/** The first page of a list that is longer than one item, asked for with `limit=1`. */
export function pageOf(item: unknown): object {
  return { items: [item], nextCursor: TEXT };
}

/** RFC 9457, as every error is answered. */
export function problem(status: number, code: string): object {
  return {
    type: expect.stringMatching(/^urn:shop:problem:[a-z-]+$/),
    title: TEXT,
    status,
    detail: TEXT,
    instance: expect.stringMatching(/^\//),
    code,
    requestId: expect.stringMatching(/^[A-Za-z0-9_-]{8,64}$/),
  };
}

function oneOf(values: readonly string[]): unknown {
  return expect.stringMatching(new RegExp(`^(${values.join('|')})$`));
}
