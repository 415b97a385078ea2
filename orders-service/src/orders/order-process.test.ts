import { decide, type OrderEvent, type OrderStatus } from './order-process';

const now = new Date('2026-01-01T12:00:00Z');
const earlier = new Date(now.getTime() - 1);
const later = new Date(now.getTime() + 1);

const STATUSES: OrderStatus[] = [
  'PENDING',
  'RESERVED',
  'PAYING',
  'CONFIRMED',
  'SHIPPED',
  'DELIVERED',
  'FAILED',
  'CANCELLED',
];

const LEGAL: Record<OrderEvent, Partial<Record<OrderStatus, OrderStatus>>> = {
  'stock-reserved': { PENDING: 'RESERVED' },
  'stock-rejected': { PENDING: 'FAILED' },
  'stock-silent': { PENDING: 'FAILED' },
  'payment-started': { RESERVED: 'PAYING' },
  'payment-captured': { PAYING: 'CONFIRMED' },
  'payment-declined': { PAYING: 'FAILED' },
  cancelled: { PENDING: 'CANCELLED', RESERVED: 'CANCELLED', CONFIRMED: 'CANCELLED' },
  'reservation-expired': {},
  shipped: { CONFIRMED: 'SHIPPED' },
  delivered: { SHIPPED: 'DELIVERED' },
};

const CASES = (Object.keys(LEGAL) as OrderEvent[]).flatMap((event) =>
  STATUSES.map((status) => [status, event, LEGAL[event][status]] as const),
);

describe('the order process', () => {
  test.each(CASES)('when an order is %s and %s comes, then it becomes %s', (status, event, to) => {
    const order = { status };
    const decision = decide(order, event, now);
    expect(decision.order.status).toBe(to ?? status);
    if (to === undefined) {
      expect(decision.order).toBe(order);
      expect(decision.effects).toEqual([]);
    }
  });

  test('when the reservation has run out, then it is cancelled and not paid', () => {
    const order = { status: 'RESERVED' as const, expiresAt: earlier };
    expect(decide(order, 'payment-started', now).order).toBe(order);
    expect(decide(order, 'reservation-expired', now).order.status).toBe('CANCELLED');
  });

  test('when there is time left, then the reservation stays and may be paid', () => {
    const order = { status: 'RESERVED' as const, expiresAt: later };
    expect(decide(order, 'reservation-expired', now).order).toBe(order);
    expect(decide(order, 'payment-started', now).order.status).toBe('PAYING');
  });

  test('when a paid order is cancelled, then the refund is owed with it', () => {
    expect(decide({ status: 'CONFIRMED' }, 'cancelled', now).effects).toContain('open refund');
    expect(decide({ status: 'RESERVED' }, 'cancelled', now).effects).not.toContain('open refund');
  });

  test.each(['stock-silent', 'payment-declined', 'cancelled'] as const)(
    'when %s ends an order, then stock is released',
    (event) => {
      const from = { 'stock-silent': 'PENDING', 'payment-declined': 'PAYING', cancelled: 'RESERVED' }[
        event
      ] as OrderStatus;
      expect(decide({ status: from }, event, now).effects).toContain('publish order.cancelled');
    },
  );
});
