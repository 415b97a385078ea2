import type { ConsumeMessage } from 'amqplib';
import { CompactEncrypt, type CompactJWEHeaderParameters, decodeProtectedHeader } from 'jose';
import { readConfig } from './config';
import { BadMessageError, EventCodec, type OutgoingEvent } from './event-codec';
import { EventKeys } from './event-keys';
import { EnvKeyRing, type KeyRing } from './key-ring';

const OLD = 'k1:lPGO6T8gwkmtZ8MZYZ5gHGE8uwjz94v3gZ1pLzZBvO4=';
const NEW = 'k2:WjsBDF7S4NF0lRkJgqVdbUkT9lNg6Yk8hXoF3qv7Zq8=';
const OTHER = 'k1:pX1y2m8v7S3c0oQeT5bLr4uZk9wHd6GfJnAaBiCjDlE=';

class Keys {
  @EnvKeyRing()
  EVENT_KEY_ORDER: KeyRing;
}

const codecWith = (key: string, app = 'orders-service') =>
  new EventCodec(app, new EventKeys(readConfig(Keys, { EVENT_KEY_ORDER: key }).config));
const codec = codecWith(OLD);

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
  /** As a sender without our contracts would seal it. */
  data?: string;
  body?: (body: string) => string;
  headers?: Record<string, unknown>;
  routingKey?: string;
}

/** A message as the broker hands it over, after somebody had it in their hands. */
async function received(event: OutgoingEvent, tampering: Tampering = {}, sender = codec): Promise<ConsumeMessage> {
  const { data, body = (text: string) => text, headers, routingKey = event.type } = tampering;
  const encoded = await sender.encode(event);
  const sealed = encoded.body.toString();
  return {
    content: Buffer.from(body(data === undefined ? sealed : await resealed(sealed, data))),
    fields: { redelivered: false, routingKey },
    properties: { ...encoded.options, headers: { ...encoded.options.headers, ...headers } },
  } as unknown as ConsumeMessage;
}

const resealed = (jwe: string, data: string) =>
  new CompactEncrypt(Buffer.from(data))
    .setProtectedHeader(decodeProtectedHeader(jwe) as CompactJWEHeaderParameters)
    .encrypt(Buffer.from(OLD.slice('k1:'.length), 'base64'));

describe('an event that leaves', () => {
  it('when it is sent, then it is persistent, named, a CloudEvent, and nobody on the way can read it', async () => {
    const { options, body } = await codec.encode(anEvent({ mandatory: true }));
    expect(options).toMatchObject({
      persistent: true,
      mandatory: true,
      messageId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      type: 'order.created',
      appId: 'orders-service',
      contentType: 'application/jose',
      headers: {
        'cloudEvents:specversion': '1.0',
        'cloudEvents:source': '/orders-service',
        'x-request-id': 'request-1',
      },
    });
    expect(body.toString()).not.toContain(Buffer.from('{"orderId":').toString('base64url').slice(0, 12));
    expect(decodeProtectedHeader(body.toString())).toEqual({
      alg: 'dir',
      enc: 'A256GCM',
      kid: 'k1',
      cty: 'application/json',
      key: 'order.created',
      id: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      source: '/orders-service',
      type: 'order.created',
      subject: 'o1',
      time: '2026-01-02T03:04:05.678Z',
    });
  });

  it.each([
    ['its type is not in the contracts', anEvent({ type: 'order.eaten' })],
    ['a field has another type', anEvent({ data: { orderId: 7, lines: [] } })],
    ['a quantity is text', anEvent({ data: { orderId: 'o1', lines: [{ productId: 'p1', quantity: '2' }] } })],
    ['it does not say which order', anEvent({ data: { lines: [] } })],
  ])('when %s, then it does not leave', async (_why, event) => {
    await expect(codec.encode(event)).rejects.toThrow(BadMessageError);
  });

  it('when this app has no key for its kind, then it does not leave', async () => {
    const event = anEvent({ type: 'user.erased', data: { userId: 'u1' } });
    await expect(codec.encode(event)).rejects.toThrow('no key to seal user.erased with');
  });
});

describe('an event that arrives', () => {
  it('when it is what was sent, then everything is there again', async () => {
    const { mandatory: _, ...event } = anEvent();
    const read = await codec.decode(await received(anEvent()));
    expect(read).toEqual({ ...event, traceparent: undefined, redelivered: false });
  });

  it('when it has a field that a newer producer added, then it is still understood', async () => {
    const data = JSON.stringify({ orderId: 'o1', lines: [], giftWrap: true });
    expect((await codec.decode(await received(anEvent(), { data }))).data).toMatchObject({ orderId: 'o1' });
  });

  it('when the request id is missing or odd, then it gets a new one', async () => {
    const message = await received(anEvent(), { headers: { 'x-request-id': 'a b\n' } });
    expect((await codec.decode(message)).requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('when the key was changed meanwhile, then the old one still opens it, and what is new is sealed with the new', async () => {
    const changed = codecWith(`${NEW},${OLD}`);
    expect(await changed.decode(await received(anEvent()))).toMatchObject({ id: anEvent().id });
    expect(await codecWith(NEW).decode(await received(anEvent(), {}, changed))).toMatchObject({ id: anEvent().id });
  });

  const middle = (body: string) => Math.floor(body.length / 2);
  it.each<[string, Tampering]>([
    ['no JSON', { data: '{"orderId":' }],
    ['an array', { data: '[]' }],
    ['null', { data: 'null' }],
    ['empty', { data: '' }],
    ['not about an order', { data: '{}' }],
    ['about an order that is no text', { data: '{"orderId":{"$ne":null}}' }],
    ['not sealed', { body: () => JSON.stringify(anEvent().data) }],
    ['cut short', { body: (body) => body.slice(0, -5) }],
    ['without a body', { body: () => '' }],
    ['changed on the way', { body: (body) => body.slice(0, middle(body)) + 'AAAA' + body.slice(middle(body) + 4) }],
    ['of another event', { headers: { 'cloudEvents:type': 'product.created' } }],
    ['made another event of', { headers: { 'cloudEvents:type': 'order.cancelled' }, routingKey: 'order.cancelled' }],
    ['moved under another routing key', { routingKey: 'order.cancelled' }],
    ['given another id', { headers: { 'cloudEvents:id': 'e2' } }],
    ['said to be about another order', { headers: { 'cloudEvents:subject': 'o2' } }],
    ['given another time', { headers: { 'cloudEvents:time': '2030-01-01T00:00:00Z' } }],
    ['said to come from elsewhere', { headers: { 'cloudEvents:source': '/users-service' } }],
    ['of an unknown event', { headers: { 'cloudEvents:type': 'order.exploded' } }],
    ['of a type named like a function', { headers: { 'cloudEvents:type': 'constructor' } }],
    ['of a type that is no text', { headers: { 'cloudEvents:type': 7 } }],
    ['of another CloudEvents version', { headers: { 'cloudEvents:specversion': '2.0' } }],
    ['without an id', { headers: { 'cloudEvents:id': '' } }],
    ['without a subject', { headers: { 'cloudEvents:subject': undefined } }],
  ])('when a message is %s, then it is a bad message with a reason', async (_what, tampering) => {
    const read = codec.decode(await received(anEvent(), tampering));
    await expect(read).rejects.toThrow(BadMessageError);
    await expect(read).rejects.toThrow(/.{5,}/);
  });

  it.each([
    ['another key of the same name', OTHER],
    ['a key that is not known any more', NEW],
  ])('when it was sealed with %s, then it is a bad message', async (_which, key) => {
    const read = codec.decode(await received(anEvent(), {}, codecWith(key)));
    await expect(read).rejects.toThrow(BadMessageError);
  });
});

describe('the keys in the configuration', () => {
  class Two extends Keys {
    @EnvKeyRing()
    EVENT_KEY_STOCK: KeyRing;
  }
  const problemsOf = (order: string, stock = OTHER) =>
    readConfig(Two, { EVENT_KEY_ORDER: order, EVENT_KEY_STOCK: stock }).problems;

  it('when there is one, or one and the one before it, then that is fine', () => {
    expect([problemsOf(OLD), problemsOf(`${NEW},${OLD}`), problemsOf(`${NEW}\n${OLD}\n`)]).toEqual([[], [], []]);
  });

  it.each([
    ['no name', OLD.slice(3)],
    ['31 bytes', `k1:${Buffer.alloc(31, 'abcdefghijklmnopq').toString('base64')}`],
    ['one byte 32 times', `k1:${Buffer.alloc(32, 7).toString('base64')}`],
    ['three keys', `${NEW},${OLD},${OTHER.replace('k1', 'k3')}`],
    ['two keys of one name', `${OLD},${OTHER}`],
    ['a password', 'k1:correct horse battery staple'],
  ])('when it has %s, then it is refused by its name', (_what, value) => {
    expect(problemsOf(value)).toEqual([expect.stringContaining('EVENT_KEY_ORDER must be <name>:<key>')]);
  });

  it('when two directions have the same key, then that is refused', () => {
    expect(problemsOf(`${NEW},${OTHER}`)).toContain('EVENT_KEY_ORDER must differ from EVENT_KEY_STOCK');
  });
});
