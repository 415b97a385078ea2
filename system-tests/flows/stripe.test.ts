import { eventually } from '@shop/service-kit/testing';
import { signatureOf } from '../../orders-service/src/testing/stripe-webhooks';
import { anOrderOf } from '../testing/builders';
import { Books } from '../testing/books';
import type { Answer, Client } from '../testing/client';
import { Shop } from '../testing/shop';
import { WEBHOOK_SECRET } from '../testing/system';

let shop: Shop;
let books: Books;
let customer: Client;

beforeAll(async () => {
  shop = await Shop.open();
  books = await Books.open(shop.system);
  customer = await shop.customer();
});
afterAll(() => books?.close());

function tell(type: string, attemptId: string, secret: string): Promise<Answer> {
  const object = { id: 'pi_forSystemTests', metadata: { shop: 'shop', attempt_id: attemptId } };
  const event = JSON.stringify({ id: 'evt_forSystemTests', object: 'event', type, data: { object } });
  const signing = shop.anonymous().sending({ 'stripe-signature': signatureOf(event, secret) });
  return signing.call('POST', '/webhooks/stripe', event);
}

test('when a webhook says what became of a payment, then the order hears it, but only if Stripe has signed it', async () => {
  const productId = await shop.productOnSale(1);
  const { status, body } = await customer.call('POST', '/orders', anOrderOf(productId, 1, 'pm_card_unreachable'));
  expect(status).toBe(202);
  const order = async () => (await customer.call('GET', `/orders/${body.id}`)).body;
  const attemptId = await books.attemptOf(body.id);

  const forged = await tell('payment_intent.succeeded', attemptId, 'whsec_ofSomebodyElseAltogether');
  expect({ status: forged.status, code: forged.body.code }).toEqual({ status: 400, code: 'VALIDATION_FAILED' });
  expect((await order()).status).toBe('pending');

  expect((await tell('payment_intent.canceled', attemptId, WEBHOOK_SECRET)).status).toBe(200);
  expect(await order()).toMatchObject({ status: 'failed', payment: { status: 'declined' } });
  await eventually(async () => expect(await shop.stockOf(productId)).toEqual({ available: 1, reserved: 0 }));
});
