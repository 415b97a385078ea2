import { type ServiceError, status as Grpc } from '@grpc/grpc-js';
import { BrokenCircuitError, type CircuitBreakerPolicy, CircuitState } from 'cockatiel';
import { defer, type Observable, tap } from 'rxjs';
import { toKnownError } from './error.filter';
import { REASONS } from './errors';
import { counter, gauge, histogram } from './metrics';

const LABELS = ['service', 'method', 'code'] as const;

/** How long an app's own methods take. What is no method never comes so far. */
export class ServerCallMeter {
  private readonly observe = histogram({
    name: 'grpc_server_duration_seconds',
    help: 'From the call of a method to its answer, by the name of its code',
    labels: LABELS,
  });

  /** `path` is "/shop.users.v1.UsersService/GetUser", of users-service. */
  measured<T>(path: string, call: () => Observable<T>): Observable<T> {
    const [, contract, method = ''] = /^\/shop\.(\w+)\..*\/(\w+)$/.exec(path) ?? [];
    const service = `${contract}-service`;
    return defer(() => {
      const startedAt = performance.now();
      const ended = (code: Grpc) => this.observe({ service, method, code: Grpc[code] }, secondsSince(startedAt));
      return defer(call).pipe(
        tap({
          complete: () => ended(Grpc.OK),
          error: (error: unknown) => ended(REASONS[toKnownError(error).reason].grpc),
        }),
      );
    });
  }
}

/** How long the calls of one callee take, with all that is done to have an answer. */
export class ClientCallMeter {
  private readonly observe = histogram({
    name: 'grpc_client_duration_seconds',
    help: 'From the call of another app to its answer, repeats included; UNAVAILABLE at once while the breaker is open',
    labels: LABELS,
  });
  private readonly repeat = counter({
    name: 'grpc_client_repeats_total',
    help: 'Reads that were asked of one more instance, as the first was late or away',
    labels: ['service'],
  });

  /** `service` is the callee's app. */
  constructor(
    private readonly service: string,
    breaker: CircuitBreakerPolicy,
  ) {
    const open = gauge({
      name: 'grpc_client_breaker_open',
      help: '1 while the callee counts as away, and is asked by a probe only',
      labels: ['service'],
    });
    open({ service }, 0);
    breaker.onStateChange((state) => open({ service }, state === CircuitState.Closed ? 0 : 1));
    this.repeat({ service }, 0);
  }

  async measured<T>(method: string, call: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const ended = (code: string) =>
      this.observe({ service: this.service, method: inProto(method), code }, secondsSince(startedAt));
    try {
      const answer = await call();
      ended('OK');
      return answer;
    } catch (error) {
      ended(error instanceof BrokenCircuitError ? 'UNAVAILABLE' : (Grpc[(error as ServiceError).code] ?? 'UNKNOWN'));
      throw error;
    }
  }

  repeated(): void {
    this.repeat({ service: this.service });
  }
}

// "getUser" → "GetUser", as the callee calls it.
function inProto(method: string): string {
  return method.charAt(0).toUpperCase() + method.slice(1);
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
