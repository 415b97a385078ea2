import { type ChannelOptions, type Client, Metadata, type ServiceError, status as Grpc } from '@grpc/grpc-js';
import {
  BrokenCircuitError,
  circuitBreaker,
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  handleWhen,
} from 'cockatiel';
import type { Observable } from 'rxjs';
import type { Certificates } from './certificates';
import { DomainError } from './errors';
import { clientOf, type ContractName, KEEPALIVE, methodsOf, packageOf, serviceOf } from './grpc-contracts';
import { fromServiceError, isAbsent } from './grpc-errors';
import { requestContext, requireTime, timeLeftMs } from './request-context';
import type { ServiceTokens } from './service-tokens';
import { channelCredentials } from './tls';

const DEFAULT_TIMEOUT_MS = 2000;
const LEAST_TIME_MS = 20;
const BREAKER_FAILURES = 5;
const BREAKER_PAUSE_MS = 1000;
const PROBE_TIMEOUT_MS = 500;
const PROBE_METHOD = '/grpc.health.v1.Health/Check';

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

export interface GrpcClientOptions {
  /** The callee's name: what its certificate must say and its tokens are for. */
  readonly name: string;
  readonly service: ContractName;
  /** `host:port`, several of them with commas, or `dns:///name:port`. */
  readonly address: string;
  readonly certificates: Certificates;
  readonly tokens: ServiceTokens;
}

/**
 * A client of another app: mutual TLS, service token, deadline on every call, round robin over several addresses, reads
 * retried within a budget, and a breaker that sheds while the callee is away. Errors come back as DomainError.
 */
export function createGrpcClient<C extends object>(options: GrpcClientOptions): Promises<C> {
  const client = connect(options);
  const breaker = circuitBreaker(
    handleWhen((error) => isAbsent(error as ServiceError) && !(error instanceof OutOfTimeError)),
    { halfOpenAfter: BREAKER_PAUSE_MS, breaker: new ConsecutiveBreaker(BREAKER_FAILURES) },
  );
  const result: Record<string, unknown> = { close: () => client.close() };
  for (const method of methodsOf(options.service)) {
    result[method] = (request: object, call: CallOptions = {}) =>
      invoke({ client, breaker, options }, method, { request, timeoutMs: call.timeoutMs ?? DEFAULT_TIMEOUT_MS });
  }
  return result as Promises<C>;
}

interface Connection {
  readonly client: Client;
  readonly breaker: CircuitBreakerPolicy;
  readonly options: GrpcClientOptions;
}

async function invoke(to: Connection, method: string, call: { request: object; timeoutMs: number }): Promise<unknown> {
  // A caller that is out of time says nothing about the callee, so it must not count for the breaker.
  requireTime(LEAST_TIME_MS, Math.min(timeLeftMs(), call.timeoutMs));
  try {
    return await throughBreaker(to, () => send(to, method, call));
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

/** The caller's deadline passed before the method's own: that says nothing about the callee. */
class OutOfTimeError extends Error {
  readonly code = Grpc.DEADLINE_EXCEEDED;
  readonly details = '';
  readonly metadata = new Metadata();
}

type Unary = (
  request: object,
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, answer: unknown) => void,
) => void;

function send(to: Connection, method: string, call: { request: object; timeoutMs: number }): Promise<unknown> {
  const callersDeadline = requestContext()?.deadline ?? Infinity;
  const ownDeadline = Date.now() + call.timeoutMs;
  const deadline = Math.min(ownDeadline, callersDeadline);
  const isCutShort = (error: ServiceError) => error.code === Grpc.DEADLINE_EXCEEDED && callersDeadline < ownDeadline;
  const unary = (to.client as unknown as Record<string, Unary>)[method] as Unary;
  return new Promise((resolve, reject) => {
    unary.call(to.client, call.request, metadataOf(to.options), { deadline }, (error, answer) => {
      if (!error) resolve(answer);
      else reject(isCutShort(error) ? new OutOfTimeError(error.message, { cause: error }) : error);
    });
  });
}

function metadataOf({ tokens, name }: GrpcClientOptions): Metadata {
  const context = requestContext();
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${tokens.issue(name, context?.user)}`);
  if (context) metadata.set('x-request-id', context.requestId);
  if (context?.traceparent) metadata.set('traceparent', context.traceparent);
  return metadata;
}

function connect({ name, service, address, certificates }: GrpcClientOptions): Client {
  const Constructor = clientOf(service);
  return new Constructor(targetOf(address), channelCredentials(certificates), {
    ...KEEPALIVE,
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1000,
    // The default is 30 s, for which a callee that came back at another address would stay away.
    'grpc.dns_min_time_between_resolutions_ms': 1000,
    'grpc.service_config_disable_resolution': 1,
    'grpc.service_config': JSON.stringify(serviceConfig(service)),
  } satisfies ChannelOptions);
}

// Only reads are retried: a write whose answer was lost may have happened.
function serviceConfig(contract: ContractName): object {
  const service = `${packageOf(contract)}.${serviceOf(contract)}`;
  const reads = Object.values(clientOf(contract).service)
    .map((method) => method.path.split('/').pop() ?? '')
    .filter((method) => /^(Get|List)/.test(method));
  return {
    loadBalancingConfig: [{ round_robin: {} }],
    methodConfig: [
      {
        name: reads.map((method) => ({ service, method })),
        retryPolicy: {
          maxAttempts: 2,
          initialBackoff: '0.05s',
          maxBackoff: '0.2s',
          backoffMultiplier: 2,
          retryableStatusCodes: ['UNAVAILABLE'],
        },
      },
    ],
    retryThrottling: { maxTokens: 20, tokenRatio: 0.1 },
  };
}

function targetOf(address: string): string {
  if (!address.includes(',')) return address;
  return `ipv4:${address
    .split(',')
    .map((one) => one.trim())
    .join(',')}`;
}
