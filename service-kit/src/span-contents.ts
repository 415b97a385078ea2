import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';

/** All that leaves this process with a span: what something is called, how it ended, and nobody's data. */
const KEPT = new Set([
  'http.request.id',
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'server.address',
  'server.port',
  'error.type',
  'rpc.system',
  'rpc.service',
  'rpc.method',
  'rpc.grpc.status_code',
  'db.system.name',
  'db.namespace',
  'db.collection.name',
  'db.operation.name',
  // Parameters are no part of it: PostgreSQL gets them beside the text.
  'db.query.text',
  'messaging.system',
]);
/** What a library still calls by the name of an older convention. */
const RENAMED: Readonly<Record<string, string>> = {
  'messaging.destination': 'messaging.destination.name',
  'messaging.operation': 'messaging.operation.type',
  'messaging.rabbitmq.routing_key': 'messaging.rabbitmq.destination.routing_key',
  'messaging.message_id': 'messaging.message.id',
};
const ERROR_TYPE = 'error.type';
/** What follows the name of a queue that one process has for itself. */
const OF_ONE_PROCESS = /\.[0-9a-f]{8}-[0-9a-f-]{27}/;

/** The span with names as the conventions have them, and without messages of errors, addresses, keys and whatever else. */
export function withoutContents(span: ReadableSpan): ReadableSpan {
  const kept = {
    name: conventional(span.name),
    attributes: attributesOf(span),
    status: { code: span.status.code },
    events: [],
    links: [],
  };
  return Object.create(span, Object.getOwnPropertyDescriptors(kept)) as ReadableSpan;
}

function conventional(name: string): string {
  return name
    .replace(/^grpc\./, '')
    .replace(/^pg\.query:/, '')
    .replace(/^(.+) process$/, 'process $1')
    .replace(OF_ONE_PROCESS, '');
}

function attributesOf({ attributes, events }: ReadableSpan): Attributes {
  const kept: Attributes = {};
  const exception = events.find(({ name }) => name === 'exception')?.attributes?.['exception.type'];
  if (exception) kept[ERROR_TYPE] = exception;
  for (const [name, value] of Object.entries(attributes)) {
    const kind = KEPT.has(name) ? name : RENAMED[name];
    if (kind && isSaid(value)) kept[kind] = value;
  }
  return kept;
}

function isSaid(value: AttributeValue | undefined): boolean {
  return value !== undefined && value !== '' && !Number.isNaN(value);
}
