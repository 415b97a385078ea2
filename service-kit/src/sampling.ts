import { randomBytes } from 'node:crypto';
import {
  type Context,
  createContextKey,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  type TextMapSetter,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import { parseTraceParent, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  ParentBasedSampler,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace-node';
import { requestContext } from './request-context';

const HALF_A_TRACE_ID = 16;
// A random id per request is dear where nothing is recorded under it.
const ofThisProcess = randomBytes(HALF_A_TRACE_ID / 2).toString('hex');
let unrecordedSoFar = 1;

const DECIDED = createContextKey('this request is recorded');

/** Which traces are recorded: a share of those that begin here, and of the others those whose flag says so. */
export class RequestSampler {
  readonly ofSpans: Sampler;
  private readonly ratio: Sampler;

  constructor(
    private readonly share: number,
    private readonly isPublic: boolean,
  ) {
    this.ratio = new TraceIdRatioBasedSampler(share);
    this.ofSpans = new ParentBasedSampler({ root: new RootSampler(this.ratio) });
  }

  /** For a request that is not recorded, no span is begun: that would cost more than the rest of tracing. */
  records(received: SpanContext | undefined): boolean {
    if (received && (received.traceFlags & TraceFlags.SAMPLED) === 0) return false;
    if (received && !this.isPublic) return true;
    return received ? this.isWithin(received.traceId) : Math.random() < this.share;
  }

  private isWithin(traceId: string): boolean {
    return (
      this.ratio.shouldSample(ROOT_CONTEXT, traceId, '', SpanKind.SERVER, {}, []).decision !==
      SamplingDecision.NOT_RECORD
    );
  }
}

/** Where its span is begun as decided. */
export function decided(context: Context): Context {
  return context.setValue(DECIDED, true);
}

class RootSampler implements Sampler {
  constructor(private readonly ratio: Sampler) {}

  shouldSample(...given: Parameters<Sampler['shouldSample']>): SamplingResult {
    const [context] = given;
    if (context.getValue(DECIDED)) return { decision: SamplingDecision.RECORD_AND_SAMPLED };
    if (requestContext()?.traceparent?.endsWith('-00')) return { decision: SamplingDecision.NOT_RECORD };
    return this.ratio.shouldSample(...given);
  }

  toString(): string {
    return 'RootSampler';
  }
}

/** Leaves alone what a request that is not recorded sends along anyway. */
export class TracePropagator extends W3CTraceContextPropagator {
  override inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const flags = trace.getSpanContext(context)?.traceFlags ?? TraceFlags.NONE;
    if ((flags & TraceFlags.SAMPLED) === 0 && requestContext()?.traceparent) return;
    super.inject(context, carrier, setter);
  }
}

export function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const remote = traceparent && parseTraceParent(traceparent);
  return remote ? { ...remote, isRemote: true } : undefined;
}

export function traceparentFor({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** So that nobody after this begins to record, and the lines of all apps have one trace. */
export function unrecorded(received: string | undefined): string {
  if (received) return `${received.slice(0, -2)}00`;
  const number = (unrecordedSoFar++).toString(16).padStart(HALF_A_TRACE_ID, '0');
  return `00-${ofThisProcess}${number}-${number}-00`;
}
