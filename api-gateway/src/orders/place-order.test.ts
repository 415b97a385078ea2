import type { orders } from '@shop/proto';
import type { FastifyReply } from 'fastify';
import type { OrdersClient } from '../clients.module';
import type { PlaceOrderDto } from './order-requests';
import { orderOf, PlaceOrder } from './place-order';

const order = (status: string) => ({ id: 'order-1', status }) as orders.Order;
const placed = (outcome: string, status: string, shortages: orders.Shortage[] = []) => ({
  order: order(status),
  outcome,
  shortages,
  replayed: false,
});

describe('the time that an order takes', () => {
  const body: PlaceOrderDto = { items: [], paymentMethod: 'pm_card_visa', shippingAddress: {} as never };

  test.each([2201, 2440, 2900])('when %d ms have passed before it begins, then it does not', async (elapsedTime) => {
    const placeOrder = jest.fn();
    const place = new PlaceOrder({ placeOrder } as unknown as OrdersClient);
    const wish = { userId: 'u1', body, idempotencyKey: '' };
    await expect(place.execute(wish, { elapsedTime } as FastifyReply)).rejects.toMatchObject({
      reason: 'UNAVAILABLE',
      retryAfterMs: 1000,
    });
    expect(placeOrder).not.toHaveBeenCalled();
  });
});

describe('what became of an order', () => {
  test.each([
    ['confirmed', 'confirmed'],
    ['pending', 'pending'],
    // A stored answer may be older than the order.
    ['confirmed', 'shipped'],
    ['pending', 'cancelled'],
  ])('when its outcome is %s and it is %s, then it is shown', (outcome, status) => {
    expect(orderOf(placed(outcome, status))).toEqual(order(status));
  });

  test('when there was not enough, then OUT_OF_STOCK has the order’s id and every shortage', () => {
    const shortages = [{ productId: 'p1', requested: 2, available: 1 }];
    expect(() => orderOf(placed('OUT_OF_STOCK', 'failed', shortages))).toThrow(
      expect.objectContaining({ reason: 'OUT_OF_STOCK', data: { orderId: 'order-1', items: shortages } }),
    );
  });

  test.each([
    ['PAYMENT_DECLINED', 'PAYMENT_DECLINED', { orderId: 'order-1' }],
    ['timed out', 'OUT_OF_STOCK', { orderId: 'order-1', items: [] }],
  ])('when it failed with %s, then %s', (outcome, reason, data) => {
    expect(() => orderOf(placed(outcome, 'failed'))).toThrow(expect.objectContaining({ reason, data }));
  });

  test('when there is no order in the answer, then that is our fault', () => {
    const answer = { ...placed('confirmed', 'confirmed'), order: undefined };
    expect(() => orderOf(answer)).toThrow(expect.objectContaining({ reason: 'INTERNAL' }));
  });
});
