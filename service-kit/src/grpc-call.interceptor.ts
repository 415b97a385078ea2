import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { type MonoTypeOperatorFunction, Observable, tap } from 'rxjs';
import { toKnownError } from './error.filter';
import { DomainError, type Reason } from './errors';
import { ServerCallMeter } from './grpc-metrics';
import type { Logger } from './logger';
import { peerNameOf } from './peer-name';
import {
  clientAddressFrom,
  type RequestContext,
  requestIdFrom,
  runWithContext,
  traceparentFrom,
} from './request-context';
import type { ServiceTokens } from './service-tokens';
import { traceparentOf } from './trace';

/** Which apps may call which method: `{ GetProducts: ['orders-service'] }`. A method without a line may be called by nobody. */
export type CallerAllowList = Readonly<Record<string, readonly string[]>>;

/**
 * The door of every gRPC method: the caller's certificate, its service token (for the same name) and the allow-list must
 * agree; then the call runs with its request context.
 */
export class GrpcCallInterceptor implements NestInterceptor {
  private readonly meter = new ServerCallMeter();

  constructor(
    private readonly tokens: ServiceTokens,
    private readonly allowed: CallerAllowList,
    private readonly logger: Logger,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'rpc') return next.handle();
    const [, metadata, call] = execution.getArgs<[unknown, Metadata, ServerUnaryCall<unknown, unknown>]>();
    return this.meter.measured(call.getPath(), () => {
      const context = this.admit(metadata, call);
      const answer = () => next.handle().pipe(this.told(call.getPath(), context.caller));
      return new Observable((subscriber) => runWithContext(context, () => answer().subscribe(subscriber)));
    });
  }

  /** A line per call, so that a request can be followed from app to app. */
  private told<T>(path: string, caller?: string): MonoTypeOperatorFunction<T> {
    const startedAt = performance.now();
    const say = (code?: Reason) => {
      const fields = { grpcMethod: methodOf(path), caller, code, durationMs: performance.now() - startedAt };
      this.logger.info(fields, 'call answered');
    };
    return tap({ complete: () => say(), error: (error: unknown) => say(toKnownError(error).reason) });
  }

  private admit(metadata: Metadata, call: ServerUnaryCall<unknown, unknown>): RequestContext {
    const method = methodOf(call.getPath());
    const certificateName = peerNameOf(call);
    const claims = this.claimsOf(metadata, method, certificateName);
    if (claims.caller !== certificateName) throw this.refuse('UNAUTHENTICATED', method, certificateName);
    if (!this.allowed[method]?.includes(claims.caller)) throw this.refuse('FORBIDDEN', method, certificateName);
    const deadline = call.getDeadline();
    const requestId = requestIdFrom(metadata.get('x-request-id')[0]);
    return {
      requestId,
      traceparent: traceparentOf(requestId, traceparentFrom(metadata.get('traceparent')[0])),
      clientAddress: clientAddressFrom(metadata.get('x-client-address')[0]),
      user: claims.user,
      caller: claims.caller,
      deadline: deadline instanceof Date ? deadline.getTime() : deadline,
    };
  }

  private claimsOf(metadata: Metadata, method: string, certificateName: string) {
    const bearer = String(metadata.get('authorization')[0] ?? '');
    try {
      return this.tokens.verify(bearer.replace(/^Bearer /, ''));
    } catch {
      throw this.refuse('UNAUTHENTICATED', method, certificateName);
    }
  }

  private refuse(reason: 'UNAUTHENTICATED' | 'FORBIDDEN', method: string, caller: string): DomainError {
    this.logger.security('grpc_caller_refused', { grpcMethod: method, caller, reason });
    return new DomainError(reason, { detail: 'This caller may not call this method' });
  }
}

function methodOf(path: string): string {
  return path.split('/').pop() ?? '';
}
