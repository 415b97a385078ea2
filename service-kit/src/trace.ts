import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ServiceConfig } from './config';
import type { Logger } from './logger';

export interface TracedApp {
  readonly name: string;
  readonly config: ServiceConfig;
  readonly logger: Logger;
  /** Anybody may call it: that a trace is recorded is not for its callers to say. */
  readonly isPublic: boolean;
}

/** What open-telemetry.ts does. */
export interface Tracing {
  start(app: TracedApp): void;
  stop(): Promise<void>;
  inSpanOfRequest(request: FastifyRequest, reply: FastifyReply, work: () => void): void;
  inTrace<T>(traceparent: string | undefined, work: () => T): T;
  againInSpan(request: FastifyRequest, work: () => void): void;
  presentTraceparent(requestId: string, received: string | undefined): string;
}

let tracing: Tracing | undefined;

/** Everything below does nothing until this has been called. */
export function traceWith(loaded: Tracing): void {
  tracing = loaded;
}

/** From now on spans are recorded and sent. */
export function startTracing(app: TracedApp): void {
  tracing?.start(app);
}

/** Sends what has been recorded. */
export async function stopTracing(): Promise<void> {
  await tracing?.stop();
}

/** Runs what answers an HTTP request in a span of its own, which ends with the answer. */
export function inSpanOfRequest(request: FastifyRequest, reply: FastifyReply, work: () => void): void {
  if (tracing) tracing.inSpanOfRequest(request, reply, work);
  else work();
}

/** Once more in that span, which reading the body from the socket may have left. */
export function againInSpan(request: FastifyRequest, work: () => void): void {
  if (tracing) tracing.againInSpan(request, work);
  else work();
}

/** Runs it as part of that trace, and without one in none. */
export function inTrace<T>(traceparent: string | undefined, work: () => T): T {
  return tracing ? tracing.inTrace(traceparent, work) : work();
}

/** What goes on to others with this request: the present span, which bears the request's id, or else what came with it. */
export function traceparentOf(requestId: string, received: string | undefined): string | undefined {
  return tracing ? tracing.presentTraceparent(requestId, received) : received;
}
