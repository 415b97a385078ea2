import { BadMessageError, type IncomingEvent } from '@shop/service-kit';
import { orderOf } from './order-lines';

const anEvent = (data: object): IncomingEvent => ({
  id: 'e1',
  type: 'order.created',
  subject: 'o1',
  time: '2026-01-01T00:00:00.000Z',
  requestId: 'request-1',
  redelivered: false,
  data,
});

describe('orderOf', () => {
  test('when a product is named twice, then its quantities are one line, and lines are in order of product', () => {
    const lines = [
      { productId: 'b', quantity: 1 },
      { productId: 'a', quantity: 2 },
      { productId: 'b', quantity: 3 },
    ];
    expect(orderOf(anEvent({ orderId: 'o1', lines }))).toEqual({
      id: 'o1',
      lines: [
        { productId: 'a', quantity: 2 },
        { productId: 'b', quantity: 4 },
      ],
    });
  });

  test.each([
    { lines: [{ productId: 'a', quantity: 1 }] },
    { orderId: 'o1' },
    { orderId: 'o1', lines: [] },
    { orderId: 'o1', lines: [{ quantity: 1 }] },
    { orderId: 'o1', lines: [{ productId: 'a' }] },
    { orderId: 'o1', lines: [{ productId: 'a', quantity: 0 }] },
    { orderId: 'o1', lines: [{ productId: 'a', quantity: -1 }] },
    { orderId: 'o1', lines: [{ productId: 'a', quantity: 1.5 }] },
    { orderId: { $ne: null }, lines: [{ productId: 'a', quantity: 1 }] },
  ])('when the event is %j, then it is a bad message', (data) => {
    expect(() => orderOf(anEvent(data))).toThrow(BadMessageError);
  });
});
