import type { orders } from '@shop/proto';
import { orderOf } from './place-order';

const order = (status: string) => ({ id: 'order-1', status }) as orders.Order;
const placed = (outcome: string, status: string, shortages: orders.Shortage[] = []) => ({
  order: order(status),
  outcome,
  shortages,
  replayed: false,
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
