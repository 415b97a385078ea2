/** How Elasticsearch keeps a field's values. */
type FieldType = 'keyword' | 'text' | 'long' | 'boolean' | 'ip' | 'date';

export interface FieldFacts {
  /** Its name in a line: Elastic Common Schema's, and below `labels` what that has no name for. */
  readonly as: string;
  readonly type: FieldType;
  readonly means: string;
}

/**
 * What a line may say, by the name that the code has for it. What is not listed is not written, so that no payload gets into a
 * log by accident; docs/logs.md and the index template list the same.
 */
export const LOG_FIELDS = {
  requestId: { as: 'http.request.id', type: 'keyword', means: 'The request, in all apps, events and answers' },
  method: { as: 'http.request.method', type: 'keyword', means: 'HTTP method' },
  route: { as: 'labels.route', type: 'keyword', means: "The route's template, never the path" },
  status: { as: 'http.response.status_code', type: 'long', means: 'HTTP status' },
  durationMs: { as: 'event.duration', type: 'long', means: 'How long it took, in nanoseconds' },
  ip: { as: 'client.ip', type: 'ip', means: 'The address of who asked' },
  userId: { as: 'user.id', type: 'keyword', means: 'Who is signed in, or tries to' },
  actor: { as: 'user.id', type: 'keyword', means: 'Who did it' },
  account: { as: 'user.target.id', type: 'keyword', means: 'Whose account it was done to' },
  reason: { as: 'event.reason', type: 'keyword', means: 'Why it was refused, or failed' },
  context: { as: 'log.logger', type: 'keyword', means: "The framework's class that speaks" },
  code: { as: 'error.code', type: 'keyword', means: "An error's code: a reason of ours, a driver's or a provider's" },
  error: { as: 'error.message', type: 'text', means: "An error's text, and those of its causes" },
  audit: { as: 'labels.audit', type: 'keyword', means: 'What the audit trail calls it' },
  recordId: { as: 'labels.record_id', type: 'keyword', means: 'A record of the audit trail' },
  target: { as: 'labels.target', type: 'keyword', means: 'What it was done to: `user:…`, `order:…`, `product:…`' },
  changed: { as: 'labels.changed', type: 'keyword', means: "Names of an account's fields that changed" },
  from: { as: 'labels.from', type: 'keyword', means: 'What it was before' },
  to: { as: 'labels.to', type: 'keyword', means: 'What it is now' },
  by: { as: 'labels.by', type: 'keyword', means: 'The program that did it, where nobody is signed in' },
  disabled: { as: 'labels.disabled', type: 'boolean', means: 'Whether the account is shut' },
  sessionId: { as: 'labels.session_id', type: 'keyword', means: 'A session; it opens nothing' },
  generation: { as: 'labels.generation', type: 'long', means: 'How often its refresh token had been exchanged' },
  caller: { as: 'labels.caller', type: 'keyword', means: 'The app that called, by its certificate' },
  grpcMethod: { as: 'labels.grpc_method', type: 'keyword', means: 'The gRPC method it called' },
  orderId: { as: 'labels.order_id', type: 'keyword', means: 'The order it is about' },
  orderEvent: { as: 'labels.order_event', type: 'keyword', means: 'What was to move the order' },
  productId: { as: 'labels.product_id', type: 'keyword', means: 'The product it is about' },
  provider: { as: 'labels.provider', type: 'keyword', means: 'A payment provider' },
  attemptId: { as: 'labels.payment_attempt_id', type: 'keyword', means: 'An attempt to charge' },
  refund: { as: 'labels.refund_id', type: 'keyword', means: 'A refund' },
  stripeRequestId: { as: 'labels.stripe_request_id', type: 'keyword', means: "Stripe's name of our request" },
  param: { as: 'labels.param', type: 'keyword', means: 'The field that Stripe refuses' },
  payments: { as: 'labels.payments', type: 'long', means: 'How many payments are open' },
  refunds: { as: 'labels.refunds', type: 'long', means: 'How many refunds are open' },
  drift: { as: 'labels.drift', type: 'keyword', means: 'A kind of disagreement of orders, stock and money' },
  subject: { as: 'labels.subject', type: 'keyword', means: 'What an event, or a disagreement, is about' },
  detail: { as: 'labels.detail', type: 'keyword', means: 'The states and numbers that were found' },
  mend: { as: 'labels.mend', type: 'keyword', means: 'What mends it' },
  eventType: { as: 'labels.event_type', type: 'keyword', means: 'An event, `order.created` for example' },
  queue: { as: 'labels.queue', type: 'keyword', means: 'A queue' },
  messageId: { as: 'labels.message_id', type: 'keyword', means: 'A message in it, which is an event' },
  deliveries: { as: 'labels.deliveries', type: 'long', means: 'How often the message was delivered before' },
  poller: { as: 'labels.poller', type: 'keyword', means: 'Work that is done now and then' },
  attempt: { as: 'labels.attempt', type: 'long', means: 'The how many-th try' },
  count: { as: 'labels.count', type: 'long', means: 'How many there are' },
  port: { as: 'labels.port', type: 'long', means: 'Where an app listens' },
  signal: { as: 'labels.signal', type: 'keyword', means: 'What ended it' },
  timeoutMs: { as: 'labels.timeout_ms', type: 'long', means: 'How long it could have taken' },
  files: { as: 'labels.files', type: 'keyword', means: 'Files of certificates or keys' },
  certificate: { as: 'labels.certificate', type: 'keyword', means: "A certificate's subject" },
  validTo: { as: 'labels.valid_to', type: 'keyword', means: 'When it runs out, as OpenSSL writes it' },
  daysLeft: { as: 'labels.days_left', type: 'long', means: 'Whole days until then' },
} as const satisfies Record<string, FieldFacts>;

/** What lines say without being told. */
export const FIELDS_OF_EVERY_LINE = [
  { as: '@timestamp', type: 'date', means: 'When, in UTC, to the millisecond' },
  { as: 'log.level', type: 'keyword', means: '`debug`, `info`, `warn`, `error` or `fatal`' },
  { as: 'message', type: 'text', means: 'What happened, in the same words each time' },
  { as: 'service.name', type: 'keyword', means: 'Which app' },
  { as: 'event.dataset', type: 'keyword', means: 'The same' },
  { as: 'host.hostname', type: 'keyword', means: 'Which machine or container' },
  { as: 'process.pid', type: 'long', means: 'Which process there' },
  { as: 'ecs.version', type: 'keyword', means: 'The version of the schema' },
  { as: 'trace.id', type: 'keyword', means: 'The trace, while a request is served' },
  { as: 'span.id', type: 'keyword', means: 'The span in it' },
  { as: 'event.kind', type: 'keyword', means: '`event`, of security events' },
  { as: 'event.action', type: 'keyword', means: "A security event's name" },
  { as: 'event.category', type: 'keyword', means: "A security event's category in the schema" },
  { as: 'event.outcome', type: 'keyword', means: '`success` or `failure`, of security events' },
  { as: 'error.type', type: 'keyword', means: "An error's class" },
  { as: 'error.stack_trace', type: 'text', means: 'Where it came from' },
  { as: 'labels.statement', type: 'keyword', means: 'The SQL statement that failed, without its values' },
] as const satisfies readonly FieldFacts[];

export type LogField = keyof typeof LOG_FIELDS;

type LogValue = string | number | boolean | null | undefined | readonly string[];

/** What a line is given to say. `err` is anything that was thrown. */
export type LogFields = { readonly [F in LogField]?: LogValue } & { readonly err?: unknown };
