import { pino } from 'pino';
import { LOG_FIELDS } from './log-fields';
import type { RequestContext } from './request-context';
import { SECURITY_EVENTS, type SecurityEvent } from './security-events';

type Line = Record<string, unknown>;
type Writer = (line: Line, value: never) => void;

// What is more than a name for the same value.
const WRITERS: Readonly<Record<string, Writer>> = {
  err: writeError,
  securityEvent: writeSecurityEvent,
  durationMs: (line, value: number) => (line['event.duration'] = Math.round(value * 1e6)),
};

const WAYS = new Map<string, string | Writer>([
  ...Object.entries(LOG_FIELDS).map(([name, { as }]) => [name, as] as const),
  ...Object.entries(WRITERS),
]);

// An address of a store may have its account in it.
const PASSWORD_IN_ADDRESS = /(:\/\/[^:@/\s]*:)[^@/\s]+@/g;

/** What a line says, by the names of Elastic Common Schema. Of what is not listed, and of objects, nothing is kept. */
export function toLine(fields: object, context?: LineContext): Line {
  const line: Line = {};
  if (context) writeContext(line, context);
  for (const name in fields) {
    const value = (fields as Line)[name];
    if (value === undefined || value === null || value === '') continue;
    const way = WAYS.get(name);
    if (typeof way === 'function') way(line, value as never);
    else if (way && (typeof value !== 'object' || Array.isArray(value))) line[way] = value;
  }
  return line;
}

/** For which request it is said. */
type LineContext = Pick<RequestContext, 'requestId' | 'traceparent' | 'user'>;

function writeContext(line: Line, { requestId, traceparent, user }: LineContext): void {
  if (requestId) line['http.request.id'] = requestId;
  if (traceparent) writeTrace(line, traceparent);
  if (user?.id) line['user.id'] = user.id;
}

export function withoutPasswords(text: string): string {
  return text.replace(PASSWORD_IN_ADDRESS, '$1[Redacted]@');
}

function writeTrace(line: Line, traceparent: string): void {
  line['trace.id'] = traceparent.slice(3, 35);
  line['span.id'] = traceparent.slice(36, 52);
}

function writeSecurityEvent(line: Line, event: SecurityEvent): void {
  const { category, outcome } = SECURITY_EVENTS[event];
  line['event.kind'] = 'event';
  line['event.action'] = event;
  line['event.category'] = [category];
  line['event.outcome'] = outcome;
}

// Drivers hang the values of a failed statement, commands and headers on their errors: all of that stays behind.
function writeError(line: Line, thrown: unknown): void {
  if (typeof thrown === 'string') line['error.message'] = withoutPasswords(thrown);
  if (typeof thrown !== 'object') return;
  const { type, message, stack } = pino.stdSerializers.err(thrown as Error);
  const { code, reason, query } = thrown as { code?: unknown; reason?: unknown; query?: unknown };
  const known = code ?? reason;
  line['error.type'] = type;
  line['error.message'] = withoutPasswords(message ?? '');
  if (stack) line['error.stack_trace'] = withoutPasswords(stack);
  if (typeof known === 'string' || typeof known === 'number') line['error.code'] = String(known);
  if (typeof query === 'string') line['labels.statement'] = query;
}
