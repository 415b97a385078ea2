import type { KeyObject } from 'node:crypto';
import { type EventData, protoFile } from '@shop/proto';
import type { ConsumeMessage, Options } from 'amqplib';
import { compactDecrypt, type CompactDecryptResult, CompactEncrypt, decodeProtectedHeader } from 'jose';
import { loadSync, type Type } from 'protobufjs';
import type { EventKeys } from './event-keys';
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

/** An event of these types, with the data that their contracts say. */
export type EventOf<T extends string> = T extends keyof EventData
  ? IncomingEvent<EventData[T]> & { readonly type: T }
  : IncomingEvent;

/** A message that will never be understood: it goes to the dead letters at once, with this reason. */
export class BadMessageError extends Error {}

const CONTENT_TYPE = 'application/jose';
const SEALED_TYPE = 'application/json';
const OPEN_WITH = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] };
/** These are under the seal too, so that nobody makes another event of a body. */
const SEALED = ['id', 'source', 'type', 'subject', 'time'] as const;
const contracts = loadSync(protoFile('events'));

type Attributes = Record<(typeof SEALED)[number], string>;

/**
 * CloudEvents 1.0 in binary mode: attributes in the headers, and as the body a JWE with the data as JSON and the
 * attributes and the routing key in its protected header. The one place where bodies are made and read.
 */
export class EventCodec {
  constructor(
    private readonly app: string,
    private readonly keys: EventKeys,
  ) {}

  /** @throws BadMessageError when it does not match its contract, Error when this app has no key for it. */
  async encode(event: OutgoingEvent): Promise<{ body: Buffer; options: Options.Publish }> {
    const { id, type, subject, time, data } = event;
    const problem = problemOf(type, data);
    if (problem) throw new BadMessageError(`${type} does not match its contract: ${problem}`);
    const attributes: Attributes = { id, source: `/${this.app}`, type, subject, time };
    const options: Options.Publish = {
      persistent: true,
      mandatory: event.mandatory ?? false,
      messageId: id,
      type,
      appId: this.app,
      contentType: CONTENT_TYPE,
      headers: {
        'cloudEvents:specversion': '1.0',
        ...Object.fromEntries(SEALED.map((name) => [`cloudEvents:${name}`, attributes[name]])),
        ...(event.requestId ? { 'x-request-id': event.requestId } : {}),
        ...(event.traceparent ? { traceparent: event.traceparent } : {}),
      },
    };
    return { body: await this.seal(data, attributes), options };
  }

  /** @throws BadMessageError when it is not an event of our contracts, sealed by who may send it and as it was sent. */
  async decode(message: ConsumeMessage): Promise<IncomingEvent> {
    const headers = message.properties.headers ?? {};
    const attributes = Object.fromEntries(
      SEALED.map((name) => [name, text(headers[`cloudEvents:${name}`])]),
    ) as Attributes;
    const { id, type, subject, time } = attributes;
    if (headers['cloudEvents:specversion'] !== '1.0' || !id || !subject) {
      throw new BadMessageError('not a CloudEvents 1.0 message with id and subject');
    }
    const contract = contractOf(type);
    const data = await this.open(message, attributes);
    const problem = problemOf(type, data, contract);
    if (problem) throw new BadMessageError(`${type} does not match its contract: ${problem}`);
    const requestId = requestIdFrom(headers['x-request-id']);
    const traceparent = traceparentFrom(headers.traceparent);
    return { id, type, subject, time, data, requestId, traceparent, redelivered: message.fields.redelivered };
  }

  private async seal(data: object, attributes: Attributes): Promise<Buffer> {
    const sealing = this.keys.sealing(attributes.type);
    if (!sealing) throw new Error(`no key to seal ${attributes.type} with`);
    const header = { alg: 'dir', enc: 'A256GCM', kid: sealing.kid, cty: SEALED_TYPE, key: attributes.type };
    const jwe = new CompactEncrypt(Buffer.from(JSON.stringify(data)));
    return Buffer.from(await jwe.setProtectedHeader({ ...header, ...attributes }).encrypt(sealing.key));
  }

  private async open({ content, fields }: ConsumeMessage, attributes: Attributes): Promise<object> {
    const { plaintext, protectedHeader } = await this.decrypt(content, attributes.type);
    const moved = SEALED.find((name) => protectedHeader[name] !== attributes[name]);
    if (moved) throw new BadMessageError(`its ${moved} is not the one that it was sent with`);
    if (protectedHeader.key !== fields.routingKey) throw new BadMessageError('it was sent under another routing key');
    return parse(Buffer.from(plaintext));
  }

  private async decrypt(content: Buffer, type: string): Promise<CompactDecryptResult> {
    try {
      const jwe = content.toString('latin1');
      return await compactDecrypt(jwe, this.keyFor(type, decodeProtectedHeader(jwe).kid), OPEN_WITH);
    } catch (error) {
      if (error instanceof BadMessageError) throw error;
      throw new BadMessageError('the body cannot be decrypted', { cause: error });
    }
  }

  private keyFor(type: string, kid = ''): KeyObject {
    const key = this.keys.opening(type, kid);
    if (!key) throw new BadMessageError(`the body of a ${type} is sealed with a key that is not known here`);
    return key;
  }
}

// proto3 has no required fields; but the first of every event is the id of what it is about, and nothing works without it.
function problemOf(type: string, data: object, contract = contractOf(type)): string | null {
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
