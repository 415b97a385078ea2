import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { DomainError, HealthController, requestContext, type Role } from '@shop/service-kit';
import type { FastifyReply } from 'fastify';
import { clientAddress } from '../rate-limit/client-address';
import { type Consumed, Limits, rateLimited } from '../rate-limit/limits';
import { type Policy, RATE_LIMIT, UNLIMITED } from '../rate-limit/rate-limit.decorator';
import { setRateLimitHeaders } from '../rate-limit/rate-limit-headers';
import { type GuardedRequest, PUBLIC, ROLES } from './access';
import { Sessions } from './sessions';

/** The others count an address and the user at it. */
const PER_ADDRESS: ReadonlySet<Policy> = new Set<Policy>(['LOGIN', 'REGISTER', 'REFRESH']);

/** What counts the requests of a route. */
interface Meter {
  readonly policy: string;
  readonly perAddress: boolean;
}

/** What depends on the route alone. */
interface Door {
  readonly open: boolean;
  readonly meters: readonly Meter[];
  readonly roles?: readonly Role[];
}

/**
 * Second guard: counts the request and looks up its session, both in one Redis round trip, then answers 429, 503, 401
 * or 403, or lets it in as a user or as anybody.
 */
@Injectable()
export class AdmissionGuard implements CanActivate {
  private readonly doors = new WeakMap<object, Door>();

  constructor(
    private readonly reflector: Reflector,
    private readonly limits: Limits,
    private readonly sessions: Sessions,
  ) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    if (execution.getClass() === HealthController) return true;
    const http = execution.switchToHttp();
    const request = http.getRequest<GuardedRequest>();
    const door = this.doorOf(execution, request);
    // Nothing may be awaited between the two: commands of one tick leave together.
    const counting = this.count(request, door);
    const [counted, session] = await Promise.allSettled([counting, this.sessionOf(request)]);
    if (counted.status === 'rejected') throw counted.reason;
    this.spend(http.getResponse<FastifyReply>(), counted.value);
    admit(request, door, session);
    return true;
  }

  private async count(request: GuardedRequest, { meters, open }: Door): Promise<Consumed[]> {
    const address = clientAddress(request.ip);
    const client = request.claims ? `${address}|${request.claims.sub}` : address;
    const isPublicRead = open && (request.method === 'GET' || request.method === 'HEAD');
    const counts = meters.map(({ policy, perAddress }) =>
      this.limits.consume(policy, perAddress ? address : client, isPublicRead),
    );
    return (await Promise.all(counts)).filter((consumed) => consumed !== undefined);
  }

  private async sessionOf({ claims }: GuardedRequest): Promise<{ role: Role } | undefined> {
    return claims && this.sessions.read(claims);
  }

  private spend(reply: FastifyReply, consumed: readonly Consumed[]): void {
    setRateLimitHeaders(reply, consumed);
    const waits = consumed.filter(({ exceeded }) => exceeded).map(({ resetMs }) => resetMs);
    if (waits.length > 0) throw rateLimited(Math.max(...waits));
  }

  private doorOf(execution: ExecutionContext, request: GuardedRequest): Door {
    const known = this.doors.get(execution.getHandler());
    if (known) return known;
    const targets = [execution.getHandler(), execution.getClass()];
    const open = this.reflector.getAllAndOverride<boolean>(PUBLIC, targets) ?? false;
    const door = {
      open,
      meters: this.lineOf(request, open) ?? this.policiesOf(targets).map(asMeter),
      roles: this.reflector.getAllAndOverride<Role[]>(ROLES, targets),
    };
    this.doors.set(execution.getHandler(), door);
    return door;
  }

  /** Where nobody has to sign in, users at one address would only be a way to more requests. */
  private lineOf({ method, routeOptions }: GuardedRequest, perAddress: boolean): Meter[] | undefined {
    const route = `${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`;
    return this.limits.hasLineFor(route) ? [{ policy: route, perAddress }] : undefined;
  }

  private policiesOf(targets: Parameters<Reflector['getAll']>[1]): Policy[] {
    if (this.reflector.getAllAndOverride<boolean>(UNLIMITED, targets)) return [];
    const own = this.reflector.getAllAndOverride<Policy | undefined>(RATE_LIMIT, targets);
    return own ? ['GLOBAL', own] : ['GLOBAL'];
  }
}

function asMeter(policy: Policy): Meter {
  return { policy, perAddress: PER_ADDRESS.has(policy) };
}

function admit(
  request: GuardedRequest,
  { open, roles }: Door,
  session: PromiseSettledResult<{ role: Role } | undefined>,
): void {
  const { claims, tokenError } = request;
  if (session.status === 'rejected' && !open) throw session.reason;
  const known = session.status === 'fulfilled' ? session.value : undefined;
  if (!claims || !known) {
    if (open) return;
    throw tokenError ?? new DomainError('UNAUTHENTICATED');
  }
  request.user = { id: claims.sub, role: known.role, sessionId: claims.sid, jti: claims.jti };
  const context = requestContext();
  if (context) context.user = { id: claims.sub, role: known.role };
  if (roles && !roles.includes(known.role)) throw new DomainError('FORBIDDEN');
}
