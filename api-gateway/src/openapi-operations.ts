import type { OpenAPIObject } from '@nestjs/swagger';
import { type Reason, REASONS } from '@shop/service-kit';
import { type Problem, problemResponse } from './http/problems';

export type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & Record<string, unknown>;
type Responses = Record<string, ReturnType<typeof problemResponse> | undefined>;
type Schemas = NonNullable<OpenAPIObject['components']>['schemas'];

const AN_ID = '0f2b7c52-51b2-4f6e-8f3c-0f4f9c1f6a11';
const IDS = { products: 'Of the product', orders: 'Of the order', users: 'Of the user', auth: 'Of the session' };

/** What the guards, the body parser and the filters do on every route, so that no controller has to say it. */
export function describeOperation(operation: Operation, path: string, schemas: Schemas = {}): void {
  const isPublic = operation['x-public'] === true;
  delete operation['x-public'];
  operation.security = isPublic ? [] : [{ bearer: [] }];
  if (!isPublic) add(operation, 'UNAUTHENTICATED', 'TOKEN_EXPIRED');
  if (operation['x-roles']) {
    operation.description = ['Admins only.', operation.description].filter(Boolean).join(' ');
    add(operation, 'FORBIDDEN');
  }
  if (operation.requestBody) {
    add(operation, 'VALIDATION_FAILED', 'MALFORMED_JSON', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE');
  }
  add(operation, ...(operation['x-unlimited'] ? [] : (['RATE_LIMITED'] as const)), 'UNAVAILABLE');
  delete operation['x-unlimited'];
  operation.responses.default ??= problemResponse(['INTERNAL']);
  describeSuccess(operation, schemas);
  describeIds(operation, path);
  nameInstances(operation, path);
}

/** Fields that a request's schema does not name are refused, everywhere but in what others sign and may add to. */
export function closeRequests(operation: Operation, schemas: Schemas = {}): void {
  if (!operation.requestBody || operation.tags?.includes('webhooks')) return;
  const names = namesIn(operation.requestBody);
  for (const name of names) {
    const schema = schemas[name];
    if (!schema || '$ref' in schema) continue;
    schema.additionalProperties = false;
    for (const inner of namesIn(schema)) names.add(inner);
  }
}

function namesIn(node: object): Set<string> {
  const references = JSON.stringify(node).matchAll(/"#\/components\/schemas\/([^"]+)"/g);
  return new Set([...references].map(([, name = '']) => name));
}

const PROBES: Record<string, string> = {
  '/health': 'Can it serve? The same as /health/ready',
  '/health/live': 'Does the process run? Says nothing about its stores',
  '/health/ready': 'Can it serve? 503 when Redis is away, and while it stops',
};
const UP = { redis: { status: 'up' }, rabbitmq: { status: 'up' } };
const DOWN = { redis: { status: 'down', message: 'not reachable' } };

/** Probes answer everybody, unlimited, and with a report of their own where others answer a problem. */
export function describeProbe(operation: Operation, path: string): void {
  const isLive = path === '/health/live';
  operation.tags = ['health'];
  operation.security = [];
  operation.summary = PROBES[path];
  const well = { status: 'ok', info: isLive ? {} : UP, error: {}, details: isLive ? {} : UP };
  const ill = { status: 'error', info: { rabbitmq: UP.rabbitmq }, error: DOWN, details: { ...UP, ...DOWN } };
  operation.responses = {
    200: reportResponse('It does', well),
    ...(isLive ? {} : { 503: reportResponse('Not now', ill) }),
  };
}

function reportResponse(description: string, example: object) {
  const objects = ['info', 'error', 'details'].map((name) => [name, { type: 'object' }]);
  const status = { type: 'string', enum: ['ok', 'error', 'shutting_down'] };
  const properties = { status, ...Object.fromEntries(objects) } as Record<string, { type: string }>;
  const schema = { type: 'object', required: Object.keys(properties), properties };
  return { description, content: { 'application/json': { schema, example } } };
}

/** Beside what the controller has said about the same status. */
function add(operation: Operation, ...codes: Reason[]): void {
  const responses = operation.responses as Responses;
  for (const code of codes) {
    const status = String(REASONS[code].http);
    const known = Object.keys(examplesOf(responses[status])) as Reason[];
    if (!known.includes(code)) responses[status] = problemResponse([...known, code]);
  }
}

function examplesOf(response: Responses[string]): Record<string, { value: Partial<Problem> }> {
  return response?.content['application/problem+json'].examples ?? {};
}

function describeSuccess({ responses }: Operation, schemas: NonNullable<Schemas>): void {
  for (const response of Object.values(responses)) {
    if (!response || '$ref' in response || response.description) continue;
    const schema = response.content?.['application/json']?.schema;
    const name = schema && '$ref' in schema ? schema.$ref.split('/').pop() : undefined;
    const known = name === undefined ? undefined : schemas[name];
    response.description = (known && 'description' in known && known.description) || 'Done';
  }
}

function describeIds({ parameters = [] }: Operation, path: string): void {
  const [, collection = ''] = path.split('/');
  for (const parameter of parameters) {
    if (!('in' in parameter) || parameter.in !== 'path') continue;
    parameter.description = IDS[collection as keyof typeof IDS];
  }
}

function nameInstances(operation: Operation, path: string): void {
  for (const response of Object.values(operation.responses as Responses)) {
    const isProblem = response?.content?.['application/problem+json'] !== undefined;
    if (!isProblem) continue;
    for (const { value } of Object.values(examplesOf(response))) value.instance = path.replace('{id}', AN_ID);
  }
}
