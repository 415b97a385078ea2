import type { ConsumeMessage } from 'amqplib';
import { BadMessageError, decodeEvent, encodeEvent, type OutgoingEvent } from './event-codec';

const anEvent = (changes: Partial<OutgoingEvent> = {}): OutgoingEvent => ({
  id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
  type: 'order.created',
  subject: 'o1',
  time: '2026-01-02T03:04:05.678Z',
  data: { orderId: 'o1', lines: [{ productId: 'p1', quantity: 2 }] },
  requestId: 'request-1',
  ...changes,
});

interface Tampering {
  body?: string;
  headers?: Record<string, unknown>;
}

const received = (event: OutgoingEvent, { body, headers }: Tampering = {}) => {
  const encoded = encodeEvent(event, 'orders-service');
  return {
    content: body === undefined ? encoded.body : Buffer.from(body),
    fields: { redelivered: false },
    properties: { ...encoded.options, headers: { ...encoded.options.headers, ...headers } },
  } as unknown as ConsumeMessage;
};

describe('encodeEvent', () => {
  it('when an event leaves, then it is persistent, named, and a CloudEvent', () => {
    const { options, body } = encodeEvent(anEvent({ mandatory: true }), 'orders-service');
    expect(options).toMatchObject({
      persistent: true,
      mandatory: true,
      messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      type: 'order.created',
      appId: 'orders-service',
      contentType: 'application/json',
      headers: {
        'cloudEvents:specversion': '1.0',
        'cloudEvents:source': '/orders-service',
        'x-request-id': 'request-1',
      },
    });
    expect(JSON.parse(body.toString())).toEqual({ orderId: 'o1', lines: [{ productId: 'p1', quantity: 2 }] });
  });

  it.each([
    ['its type is not in the contracts', anEvent({ type: 'order.eaten' })],
    ['a field has another type', anEvent({ data: { orderId: 7, lines: [] } })],
    ['a quantity is text', anEvent({ data: { orderId: 'o1', lines: [{ productId: 'p1', quantity: '2' }] } })],
    ['it does not say which order', anEvent({ data: { lines: [] } })],
  ])('when %s, then it does not leave', (_why, event) => {
    expect(() => encodeEvent(event, 'orders-service')).toThrow(BadMessageError);
  });
});

describe('decodeEvent', () => {
  it('when it is what was sent, then everything is there again', () => {
    const { mandatory: _, ...event } = anEvent();
    expect(decodeEvent(received(anEvent()))).toEqual({ ...event, traceparent: undefined, redelivered: false });
  });

  it('when it has a field that a newer producer added, then it is still understood', () => {
    const body = JSON.stringify({ orderId: 'o1', lines: [], giftWrap: true });
    expect(decodeEvent(received(anEvent(), { body })).data).toMatchObject({ orderId: 'o1' });
  });

  it('when the request id is missing or odd, then it gets a new one', () => {
    const message = received(anEvent(), { headers: { 'x-request-id': 'a b\n' } });
    expect(decodeEvent(message).requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[string, Tampering]>([
    ['no JSON', { body: '{"orderId":' }],
    ['an array', { body: '[]' }],
    ['null', { body: 'null' }],
    ['empty', { body: '' }],
    ['not about an order', { body: '{}' }],
    ['about an order that is no text', { body: '{"orderId":{"$ne":null}}' }],
    ['of another event', { headers: { 'cloudEvents:type': 'product.created' } }],
    ['of an unknown event', { headers: { 'cloudEvents:type': 'order.exploded' } }],
    ['of a type named like a function', { headers: { 'cloudEvents:type': 'constructor' } }],
    ['of a type that is no text', { headers: { 'cloudEvents:type': 7 } }],
    ['of another CloudEvents version', { headers: { 'cloudEvents:specversion': '2.0' } }],
    ['without an id', { headers: { 'cloudEvents:id': '' } }],
    ['without a subject', { headers: { 'cloudEvents:subject': undefined } }],
  ])('when a message is %s, then it is a bad message with a reason', (_what, tampering) => {
    const read = () => decodeEvent(received(anEvent(), tampering));
    expect(read).toThrow(BadMessageError);
    expect(read).toThrow(/.{5,}/);
  });
});
