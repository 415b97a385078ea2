import { randomUUID } from 'node:crypto';
import { anOrderOf, aProduct, aProductWithoutStock } from '../testing/builders';
import { expectCleanError } from '../testing/clean-errors';
import type { Client } from '../testing/client';
import { expectAllFinished } from '../testing/expect-consistent';
import type { History } from '../testing/history';
import { proof } from '../testing/proof';

const FIELDS = (
  'role id isAdmin __proto__ status total price passwordHash admin disabled userId createdAt updatedAt version revision ' +
  'stock reserved constructor prototype toString $set $where history payment'
).split(' ');

interface Write {
  readonly by: 'anybody' | 'customer' | 'admin';
  readonly route: string;
  readonly body: object;
}

proof('P48', 'when a body says more than it may, then it is refused and nothing has changed', {
  sizes: { ci: { fields: 8 }, S: { fields: FIELDS.length }, L: { fields: FIELDS.length, rounds: 3 } },
  run: async ({ shop, books, size, history, figures }) => {
    const customer = await shop.customer();
    const target = await shop.customer();
    const productId = await shop.productOnSale(10);
    const { body: order } = await customer.call('POST', '/orders', anOrderOf(productId));
    const clients = { anybody: shop.anonymous(), customer, admin: shop.admin };
    const look = async () => ({
      users: [await customer.call('GET', '/users/me'), await target.call('GET', '/users/me')].map(({ body }) => body),
      product: (await shop.admin.call('GET', `/products/${productId}`)).body,
      orders: (await customer.call('GET', '/orders')).body,
      sessions: (await target.call('GET', '/auth/sessions')).body.items.length,
    });
    await expectAllFinished(books);
    const before = await look();
    for (const write of writesOf({ productId, orderId: order.id, customer, target }))
      for (const field of FIELDS.slice(0, size.fields))
        await expectNoMore(clients[write.by], { ...write, field }, history);
    expect(await look()).toEqual(before);
    expect((await shop.admin.call('GET', `/users?search=${MARK}`)).body.items).toEqual([]);
    expect((await shop.admin.call('GET', `/products?search=${MARK}`)).body.items).toEqual([]);
    figures.refused = history.counts().fail;
    expect((await history.record('GET /users/me', () => customer.call('GET', '/users/me'))).outcome).toBe('ok');
  },
});

const MARK = `mark${randomUUID().replaceAll('-', '')}`;

function writesOf({
  productId,
  orderId,
  customer,
  target,
}: Record<'productId' | 'orderId', string> & Record<'customer' | 'target', Client>): Write[] {
  const { email, password } = target.account;
  return [
    {
      by: 'anybody',
      route: 'POST /auth/register',
      body: { email: `${MARK}@example.com`, password: `pw ${MARK}`, name: MARK },
    },
    { by: 'anybody', route: 'POST /auth/login', body: { email, password } },
    { by: 'anybody', route: 'POST /auth/refresh', body: { refreshToken: target.refreshToken } },
    { by: 'customer', route: 'PUT /users/me', body: { name: MARK } },
    { by: 'customer', route: 'DELETE /users/me', body: { currentPassword: customer.account.password } },
    { by: 'customer', route: 'POST /orders', body: anOrderOf(productId) },
    { by: 'admin', route: 'POST /products', body: aProduct(1, { name: MARK }) },
    { by: 'admin', route: `PUT /products/${productId}`, body: aProductWithoutStock({ name: MARK }) },
    { by: 'admin', route: `PATCH /products/${productId}/stock`, body: { delta: 1, reason: MARK } },
    { by: 'admin', route: `PATCH /users/${target.account.id}`, body: { role: 'admin' } },
    { by: 'admin', route: `PATCH /orders/${orderId}/status`, body: { status: 'shipped' } },
  ];
}

async function expectNoMore(
  client: Client,
  { route, body, field }: Write & { field: string },
  history: History,
): Promise<void> {
  if (Object.hasOwn(body, field)) return;
  const [method = '', path = ''] = route.split(' ');
  // As text: an object literal with __proto__ has none.
  const text = `${JSON.stringify(body).slice(0, -1)},${JSON.stringify(field)}:"admin"}`;
  const { answer } = await history.record(`${route} with ${field}`, () => client.call(method, path, text));
  expect([route, field, answer?.status]).toEqual([route, field, 400]);
  if (answer) expectCleanError(answer);
}
