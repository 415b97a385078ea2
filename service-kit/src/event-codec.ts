import { protoFile } from '@shop/proto';
import type { ConsumeMessage, Options } from 'amqplib';
import { loadSync, type Type } from 'protobufjs';
import { requestIdFrom, traceparentFrom } from './request-context';

/** An event on its way out. `type` is the routing key and names the message in events.proto. */
export interface OutgoingEvent<T extends object = object> {
  /** Unique; consumers and the broker's operator know the event by it. */
  readonly id: string;
  readonly type: string;
  /** The id of what it is about: the order, product or user. */
  readonly subject: string;
  /** RFC 3339; when it happened. */
  readonly time: string;
  readonly data: T;
  readonly requestId?: string;
  readonly traceparent?: string;
  /** Somebody must take it: when the broker cannot route it, publishing fails. */
  readonly mandatory?: boolean;
}

export interface IncomingEvent<T extends object = object> {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: string;
  readonly data: T;
  readonly requestId: string;
  readonly traceparent?: string;
  readonly redelivered: boolean;
}

/** A message that will never be understood: it goes to the dead letters at once, with this reason. */
export class BadMessageError extends Error {}

const CONTENT_TYPE = 'application/json';
const contracts = loadSync(protoFile('events'));

/** CloudEvents 1.0 in binary mode: attributes in the properties, data as JSON. The one place where bodies are made and read. */
export function encodeEvent(event: OutgoingEvent, source: string): { body: Buffer; options: Options.Publish } {
  const problem = problemOf(event.type, event.data);
  if (problem) throw new BadMessageError(`${event.type} does not match its contract: ${problem}`);
  const options: Options.Publish = {
    persistent: true,
    mandatory: event.mandatory ?? false,
    messageId: event.id,
    type: event.type,
    appId: source,
    contentType: CONTENT_TYPE,
    headers: {
      'cloudEvents:specversion': '1.0',
      'cloudEvents:id': event.id,
      'cloudEvents:source': `/${source}`,
      'cloudEvents:type': event.type,
      'cloudEvents:subject': event.subject,
      'cloudEvents:time': event.time,
      ...(event.requestId ? { 'x-request-id': event.requestId } : {}),
      ...(event.traceparent ? { traceparent: event.traceparent } : {}),
    },
  };
  return { body: Buffer.from(JSON.stringify(event.data)), options };
}

/** @throws BadMessageError when it is not an event of our contracts. */
export function decodeEvent(message: ConsumeMessage): IncomingEvent {
  const headers = message.properties.headers ?? {};
  const type = text(headers['cloudEvents:type']);
  const event: IncomingEvent = {
    id: text(headers['cloudEvents:id']),
    type,
    subject: text(headers['cloudEvents:subject']),
    time: text(headers['cloudEvents:time']),
    data: parse(message.content),
    requestId: requestIdFrom(headers['x-request-id']),
    traceparent: traceparentFrom(headers.traceparent),
    redelivered: message.fields.redelivered,
  };
  if (headers['cloudEvents:specversion'] !== '1.0' || !event.id || !event.subject) {
    throw new BadMessageError('not a CloudEvents 1.0 message with id and subject');
  }
  const problem = problemOf(type, event.data);
  if (problem) throw new BadMessageError(`${type} does not match its contract: ${problem}`);
  return event;
}

// proto3 has no required fields; but the first of every event is the id of what it is about, and nothing works without it.
function problemOf(type: string, data: object): string | null {
  const contract = contractOf(type);
  const id = contract.fieldsById[1]?.name ?? '';
  return contract.verify(data) ?? ((data as Record<string, unknown>)[id] ? null : `${id}: missing`);
}

// "order.status_updated" → OrderStatusUpdated
function contractOf(type: string): Type {
  const name = type.replace(/(?:^|[._])([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  try {
    return contracts.lookupType(`shop.events.v1.${name}`);
  } catch {
    throw new BadMessageError(`no contract for events of type "${type}"`);
  }
}

function parse(body: Buffer): object {
  try {
    const data: unknown = JSON.parse(body.toString('utf8'));
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data;
  } catch {
    // Same answer as for a body of another shape.
  }
  throw new BadMessageError('the body is not a JSON object');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
