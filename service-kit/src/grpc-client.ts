import { type ClientUnaryCall, Metadata, type ServiceError, status as Grpc } from '@grpc/grpc-js';
import {
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel';
import type { Observable } from 'rxjs';
import { askAgainWhenLate, type Asked, type Others, RetryBudget } from './ask-again';
import { DomainError } from './errors';
import { type Callee, type Channel, connect } from './grpc-channel';
import { methodsOf } from './grpc-contracts';
import { fromServiceError, isAbsent } from './grpc-errors';
import { ClientCallMeter } from './grpc-metrics';
import { requestContext, requireTime, timeLeftMs } from './request-context';
import type { ServiceTokens } from './service-tokens';

/** So that a gateway's client hears within 2 s that somebody is away. */
const DEFAULT_TIMEOUT_MS = 1800;
const LEAST_TIME_MS = 20;
const BREAKER_FAILURES = 5;
const BREAKER_PAUSE_MS = 1000;
const PROBE_TIMEOUT_MS = 500;
const PROBE_METHOD = '/grpc.health.v1.Health/Check';
const LONGEST_CALL_MS = 3000;

export interface CallOptions {
  /** How long the answer may take, in milliseconds; the caller's own deadline wins when it is earlier. */
  readonly timeoutMs?: number;
}

/** A generated client interface with promises for observables. */
export type Promises<C> = {
  [M in keyof C]: C[M] extends (request: infer Q, ...rest: never[]) => Observable<infer A>
    ? (request: Q, options?: CallOptions) => Promise<A>
    : never;
} & { close(): void };

export interface GrpcClientOptions extends Callee {
  readonly tokens: ServiceTokens;
}

/**
 * A client of another app: mutual TLS, service token, deadline on every call, round robin over the addresses that answer,
 * reads asked of another one within a budget, and a breaker that sheds while all are away. Errors come back as DomainError.
 */
export function createGrpcClient<C extends object>(options: GrpcClientOptions): Promises<C> {
  const channel = connect(options);
  const breaker = newBreaker();
  const meter = new ClientCallMeter(options.name, breaker);
  const budget = new RetryBudget(() => meter.repeated());
  const others = { budget, areThere: () => channel.addresses.areSeveral };
  const to = { ...channel, options, others, breaker, meter, answeredAt: -Infinity };
  const result: Record<string, unknown> = { close: () => to.client.close() };
  for (const method of methodsOf(options.service)) {
    result[method] = (request: object, call: CallOptions = {}) =>
      invoke(to, method, { request, timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS });
  }
  return result as Promises<C>;
}

interface Connection extends Channel {
  readonly options: GrpcClientOptions;
  readonly breaker: CircuitBreakerPolicy;
  readonly meter: ClientCallMeter;
  readonly others: Others;
  /** When any instance answered last. */
  answeredAt: number;
}

function newBreaker(): CircuitBreakerPolicy {
  return circuitBreaker(
    handleWhen((error) => isAbsent(error as ServiceError) && !(error instanceof SaysNothingError)),
    { halfOpenAfter: BREAKER_PAUSE_MS, breaker: new ConsecutiveBreaker(BREAKER_FAILURES) },
  );
}

async function invoke(to: Connection, method: string, call: { request: object; timeoutMs: number }): Promise<unknown> {
  // A caller that is out of time says nothing about the callee, so it must not count for the breaker.
  requireTime(LEAST_TIME_MS, Math.min(timeLeftMs(), call.timeoutMs));
  try {
    const ownDeadline = Date.now() + call.timeoutMs;
    const ask = () => send(to, method, { request: call.request, ownDeadline });
    const answer = () => (isRead(method) ? askAgainWhenLate(ask, to.others) : ask().answer);
    return await to.meter.measured(method, () => throughBreaker(to, answer));
  } catch (error) {
    if (error instanceof BrokenCircuitError) {
      throw new DomainError('UNAVAILABLE', { detail: `${to.options.name} is away`, retryAfterMs: BREAKER_PAUSE_MS });
    }
    throw fromServiceError(error as ServiceError, to.options.name);
  }
}

// While it is open, one caller asks for the callee's health; nobody else waits for that, and no call is spent on it.
async function throughBreaker<T>(to: Connection, call: () => Promise<T>): Promise<T> {
  const { breaker } = to;
  if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
  if (breaker.state === CircuitState.Open) await breaker.execute(() => probe(to));
  return breaker.execute(call);
}

function probe({ client }: Connection): Promise<void> {
  const nothing = () => Buffer.alloc(0);
  const deadline = Date.now() + PROBE_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(PROBE_METHOD, nothing, nothing, {}, new Metadata(), { deadline }, (error) =>
      error ? reject(error) : resolve(),
    );
  });
}

/** Nobody answered, but the callee need not be away: the caller had no time for it, or another instance is there. */
class SaysNothingError extends Error {
  readonly details = '';
  readonly metadata = new Metadata();
  readonly code: Grpc;

  constructor(cause: ServiceError) {
    super(cause.message, { cause });
    this.code = cause.code;
  }
}

type Unary = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer: unknown) => void,
) => ClientUnaryCall;

function send(to: Connection, method: string, call: { request: object; ownDeadline: number }): Asked {
  const callersDeadline = requestContext()?.deadline ?? Infinity;
  const deadline = Math.min(call.ownDeadline, callersDeadline);
  const isCutShort = (error: ServiceError) => error.code === Grpc.DEADLINE_EXCEEDED && deadline < call.ownDeadline;
  // A read that fails has been asked of others, too.
  const isOnlyOne = (error: ServiceError) => !isRead(method) && isAbsent(error) && isOneOfSeveral(to, sent);
  const unary = (to.client as unknown as Record<string, Unary>)[method] as Unary;
  let sent: ClientUnaryCall | undefined;
  const answer = new Promise((resolve, reject) => {
    sent = unary.call(to.client, call.request, metadataOf(to.options), { deadline }, (error, answer) => {
      if (!error || !isAbsent(error)) to.answeredAt = performance.now();
      if (!error) resolve(answer);
      else reject(isCutShort(error) || isOnlyOne(error) ? new SaysNothingError(error) : error);
    });
  });
  return { answer, cancel: () => sent?.cancel() };
}

// Others have just answered, and there are connections: without any, the client names its target as its peer.
function isOneOfSeveral({ client, answeredAt }: Connection, sent?: ClientUnaryCall): boolean {
  return performance.now() - answeredAt < LONGEST_CALL_MS && sent?.getPeer() !== client.getChannel().getTarget();
}

// A write whose answer was lost may have happened: it is not asked twice.
function isRead(method: string): boolean {
  return /^(get|list)/.test(method);
}

function metadataOf({ tokens, name }: GrpcClientOptions): Metadata {
  const context = requestContext();
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${tokens.issue(name, context?.user)}`);
  if (context) metadata.set('x-request-id', context.requestId);
  if (context?.clientAddress) metadata.set('x-client-address', context.clientAddress);
  if (context?.traceparent) metadata.set('traceparent', context.traceparent);
  return metadata;
}
