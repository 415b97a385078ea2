import type { Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { DomainError } from './errors';
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

/** Which apps may call which method: `{ GetProducts: ['orders-service'] }`. A method without a line may be called by nobody. */
export type CallerAllowList = Readonly<Record<string, readonly string[]>>;

/**
 * The door of every gRPC method: the caller's certificate, its service token (for the same name) and the allow-list must
 * agree; then the call runs with its request context.
 */
export class GrpcCallInterceptor implements NestInterceptor {
  constructor(
    private readonly tokens: ServiceTokens,
    private readonly allowed: CallerAllowList,
    private readonly logger: Logger,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (execution.getType() !== 'rpc') return next.handle();
    const [, metadata, call] = execution.getArgs<[unknown, Metadata, ServerUnaryCall<unknown, unknown>]>();
    const context = this.admit(metadata, call);
    return new Observable((subscriber) => runWithContext(context, () => next.handle().subscribe(subscriber)));
  }

  private admit(metadata: Metadata, call: ServerUnaryCall<unknown, unknown>): RequestContext {
    const method = call.getPath().split('/').pop() ?? '';
    const certificateName = peerNameOf(call);
    const claims = this.claimsOf(metadata, method, certificateName);
    if (claims.caller !== certificateName) throw this.refuse('UNAUTHENTICATED', method, certificateName);
    if (!this.allowed[method]?.includes(claims.caller)) throw this.refuse('FORBIDDEN', method, certificateName);
    const deadline = call.getDeadline();
    return {
      requestId: requestIdFrom(metadata.get('x-request-id')[0]),
      traceparent: traceparentFrom(metadata.get('traceparent')[0]),
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
    this.logger.security('grpc_caller_refused', { method, caller, reason });
    return new DomainError(reason, { detail: 'This caller may not call this method' });
  }
}
