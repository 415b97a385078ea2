import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { DomainError } from './errors';

export type Role = 'customer' | 'admin';

export interface EndUser {
  readonly id: string;
  readonly role: Role;
}

export interface RequestContext {
  readonly requestId: string;
  /** W3C Trace Context: this request's span while it is traced, and else as received. */
  readonly traceparent?: string;
  /** The end user on whose behalf this runs, as signed by the gateway. */
  user?: EndUser;
  /** The network address of who asked the gateway. */
  readonly clientAddress?: string;
  /** The app that called, by its certificate. */
  readonly caller?: string;
  /** Epoch milliseconds after which the caller has stopped listening. */
  readonly deadline?: number;
}

const storage = new AsyncLocalStorage<RequestContext>();
const contexts = new WeakMap<object, RequestContext>();

export function requestContext(): RequestContext | undefined {
  return storage.getStore();
}

export function runWithContext<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work);
}

/** For those who serve a request where its context has been lost: after its body, and after its answer. */
export function keepContext(request: object, context: RequestContext): void {
  contexts.set(request, context);
}

export function contextOf(request: object): RequestContext | undefined {
  return contexts.get(request);
}

/** How long the caller still listens, in milliseconds. */
export function timeLeftMs(): number {
  return (storage.getStore()?.deadline ?? Infinity) - Date.now();
}

/** Not begun with too little time left, a request can be repeated. @throws DomainError UNAVAILABLE. */
export function requireTime(leastMs: number, leftMs = timeLeftMs()): void {
  if (leftMs < leastMs) {
    throw new DomainError('UNAVAILABLE', { detail: 'There was no time left to answer', retryAfterMs: 1000 });
  }
}

/** @throws DomainError UNAUTHENTICATED outside a signed-in user's request. */
export function currentUser(): EndUser {
  const user = storage.getStore()?.user;
  if (!user) throw new DomainError('UNAUTHENTICATED');
  return user;
}

/** @throws DomainError UNAUTHENTICATED or FORBIDDEN. */
export function requireAdmin(): EndUser {
  const user = currentUser();
  if (user.role !== 'admin') throw new DomainError('FORBIDDEN');
  return user;
}

const ACCEPTABLE_REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The client's request id when it is 8 to 64 of [A-Za-z0-9_-], else a new one. */
export function requestIdFrom(value: unknown): string {
  return typeof value === 'string' && ACCEPTABLE_REQUEST_ID.test(value) ? value : randomUUID();
}

export function clientAddressFrom(value: unknown): string | undefined {
  return typeof value === 'string' && isIP(value) ? value : undefined;
}

export function traceparentFrom(value: unknown): string | undefined {
  return typeof value === 'string' && TRACEPARENT.test(value) ? value : undefined;
}
