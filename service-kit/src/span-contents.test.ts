import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import { withoutContents } from './span-contents';

const CANARY = 'canary@example.com';

const aSpan = (changes: object): ReadableSpan => ({
  ...({ name: 'GET', attributes: {}, events: [], links: [], status: { code: 0 }, traceId: 't1' } as object),
  ...(changes as ReadableSpan),
});

describe('what leaves with a span', () => {
  test('when it has attributes that are not known, then they stay here', () => {
    const attributes = { 'url.query': `email=${CANARY}`, 'user_agent.original': CANARY, 'http.route': '/users' };
    expect(withoutContents(aSpan({ attributes })).attributes).toEqual({ 'http.route': '/users' });
  });

  test('when it failed, then the kind of error leaves and its message does not', () => {
    const attributes = { 'exception.type': 'MongoServerError', 'exception.message': `dup key: ${CANARY}` };
    const events = [{ name: 'exception', attributes }];
    const span = withoutContents(aSpan({ events, status: { code: 2, message: `dup key: ${CANARY}` } }));
    expect({ events: span.events, status: span.status, attributes: span.attributes }).toEqual({
      events: [],
      status: { code: 2 },
      attributes: { 'error.type': 'MongoServerError' },
    });
  });

  test.each([
    ['grpc.shop.orders.v1.OrdersService/PlaceOrder', 'shop.orders.v1.OrdersService/PlaceOrder'],
    ['pg.query:SELECT orders', 'SELECT orders'],
    ['products-service.reserve-stock process', 'process products-service.reserve-stock'],
    ['api-gateway.catalog.0f8fad5b-d9cb-469f-a165-70867728950e process', 'process api-gateway.catalog'],
    ['POST /orders', 'POST /orders'],
  ])('when a library calls it "%s", then it is "%s"', (name, conventional) => {
    expect(withoutContents(aSpan({ name })).name).toBe(conventional);
  });

  test('when attributes have the names of an older convention, then they leave under the present ones', () => {
    const attributes = { 'messaging.destination': 'shop.events', 'messaging.rabbitmq.routing_key': 'order.created' };
    expect(withoutContents(aSpan({ attributes })).attributes).toEqual({
      'messaging.destination.name': 'shop.events',
      'messaging.rabbitmq.destination.routing_key': 'order.created',
    });
  });

  test('when it is reduced, then everything else is as it was', () => {
    expect(withoutContents(aSpan({}))).toHaveProperty('traceId', 't1');
  });
});
