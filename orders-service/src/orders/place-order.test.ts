import { runWithContext } from '@shop/service-kit';
import { PlaceOrder } from './place-order';

const user = { id: 'u1', role: 'customer' } as const;
const request = {
  userId: user.id,
  items: [{ productId: 'mug', quantity: 1 }],
  paymentMethod: 'pm_card_visa',
  shippingAddress: { name: 'Ada', line1: '1 Engine St', line2: '', city: 'London', region: '', postalCode: 'N1' },
  idempotencyKey: 'key',
  waitMs: 0,
};

/** Places an order of which the caller hears nothing any more after so long; everything but the time is in its favour. */
async function placeWithin(leftMs: number) {
  const insert = jest.fn(() => Promise.resolve());
  const keys = {
    find: () => Promise.resolve(undefined),
    unlessTaken: (_key: unknown, write: () => Promise<void>) => write().then(() => true),
  };
  const products = { get: () => Promise.resolve([{ id: 'mug', sku: 'MUG', name: 'Mug', price: 1, currency: 'USD' }]) };
  const provider = { name: 'simulated', knows: () => true };
  const progress = {
    nudge: () => undefined,
    requireRoom: () => undefined,
    answer: () => Promise.resolve({ outcome: 'pending' }),
  };
  const place = new PlaceOrder(
    keys as never,
    products as never,
    provider as never,
    { insert } as never,
    progress as never,
  );
  const context = { requestId: 'test-request', user, deadline: Date.now() + leftMs };
  const answer = await runWithContext(context, () => place.execute(request as never).catch((error: unknown) => error));
  return { answer, insert };
}

describe('the time that is left to answer', () => {
  test('when it is too little, then UNAVAILABLE with a time to try again, and nothing is written', async () => {
    const { answer, insert } = await placeWithin(90);
    expect(answer).toMatchObject({ reason: 'UNAVAILABLE', retryAfterMs: 1000 });
    expect(insert).not.toHaveBeenCalled();
  });

  test('when it is enough, then the order is written', async () => {
    const { answer, insert } = await placeWithin(10_000);
    expect(answer).toMatchObject({ outcome: 'pending' });
    expect(insert).toHaveBeenCalledTimes(1);
  });
});
