import { hostname } from 'node:os';
import {
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { AmqplibInstrumentation } from '@opentelemetry/instrumentation-amqplib';
import { GrpcInstrumentation } from '@opentelemetry/instrumentation-grpc';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { MongoDBInstrumentation } from '@opentelemetry/instrumentation-mongodb';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { traceparentFrom } from './request-context';
import { decided, RequestSampler, spanContextOf, traceparentFor, TracePropagator, unrecorded } from './sampling';
import { SpanExporter } from './span-exporter';
import type { TracedApp } from './trace';
import { waitAtMost } from './wait-at-most';

const LAST_EXPORT_MS = 1000;
/** What nobody asks a trace about, and orchestrators ask all the time. */
const UNTRACED_ROUTES = /^\/(health|metrics)\b/;

const noText = () => '';
// Each wraps its library when that is loaded. Incoming HTTP is traced below, for a fraction of what theirs costs.
new HttpInstrumentation({ disableIncomingRequestInstrumentation: true, requireParentforOutgoingSpans: true });
new GrpcInstrumentation({ ignoreGrpcMethods: ['Check', 'Watch'] });
new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true });
new MongoDBInstrumentation({ requireParentSpan: true, dbStatementSerializer: noText });
new IORedisInstrumentation({ requireParentSpan: true, dbStatementSerializer: noText });
new AmqplibInstrumentation();

const tracer = trace.getTracer('@shop/service-kit');
const contexts = new WeakMap<object, Context>();
let provider: NodeTracerProvider | undefined;
let sampler: RequestSampler | undefined;

export function start({ name, config, logger, isPublic }: TracedApp): void {
  sampler = new RequestSampler(config.TRACE_SAMPLE_RATIO, isPublic);
  provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': name,
      'service.instance.id': `${hostname()}:${config.HTTP_PORT}`,
    }),
    sampler: sampler.ofSpans,
    spanProcessors: [new BatchSpanProcessor(new SpanExporter(config.OTEL_EXPORTER_OTLP_ENDPOINT ?? '', logger))],
  });
  // No baggage: it would carry what strangers send to every app and into every message.
  provider.register({ propagator: new TracePropagator() });
}

export async function stop(): Promise<void> {
  await waitAtMost(LAST_EXPORT_MS, provider?.shutdown());
}

export function inSpanOfRequest(request: FastifyRequest, reply: FastifyReply, work: () => void): void {
  const { method, routeOptions, headers } = request;
  const route = routeOptions.url;
  const received = spanContextOf(traceparentFrom(headers.traceparent));
  if (!sampler?.records(received) || (route && UNTRACED_ROUTES.test(route))) return work();
  const parent = decided(contextOf(received));
  const span = tracer.startSpan(
    route ? `${method} ${route}` : method,
    { kind: SpanKind.SERVER, attributes: { 'http.request.method': method, 'http.route': route } },
    parent,
  );
  reply.raw.once('close', () => endWith(span, reply));
  const inside = trace.setSpan(parent, span);
  contexts.set(request.raw, inside);
  context.with(inside, work);
}

export function againInSpan({ raw }: FastifyRequest, work: () => void): void {
  const inside = contexts.get(raw);
  if (inside) context.with(inside, work);
  else work();
}

function endWith(span: Span, { raw, statusCode }: FastifyReply): void {
  if (!raw.writableFinished) span.setAttribute('error.type', 'client_gone');
  else span.setAttribute('http.response.status_code', statusCode);
  if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', String(statusCode));
  span.end();
}

export function inTrace<T>(traceparent: string | undefined, work: () => T): T {
  return context.with(contextOf(spanContextOf(traceparent)), work);
}

export function presentTraceparent(requestId: string, received: string | undefined): string {
  const span = trace.getActiveSpan()?.setAttribute('http.request.id', requestId);
  return span && isSpanContextValid(span.spanContext()) ? traceparentFor(span.spanContext()) : unrecorded(received);
}

function contextOf(remote: SpanContext | undefined): Context {
  return remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT;
}
