import { types } from 'node:util';
import { status as Grpc } from '@grpc/grpc-js';

interface ReasonFacts {
  readonly grpc: Grpc;
  readonly http: number;
  /** Public, the same for every occurrence (RFC 9457 `title`). */
  readonly title: string;
}

/** The one table: what a reason is over gRPC, over HTTP and to a person. */
export const REASONS = {
  VALIDATION_FAILED: { grpc: Grpc.INVALID_ARGUMENT, http: 400, title: 'The request is not valid' },
  MALFORMED_JSON: { grpc: Grpc.INVALID_ARGUMENT, http: 400, title: 'The body is not valid JSON' },
  UNAUTHENTICATED: { grpc: Grpc.UNAUTHENTICATED, http: 401, title: 'Sign in first' },
  TOKEN_EXPIRED: { grpc: Grpc.UNAUTHENTICATED, http: 401, title: 'The access token has expired' },
  INVALID_CREDENTIALS: { grpc: Grpc.UNAUTHENTICATED, http: 401, title: 'Wrong email or password' },
  INVALID_REFRESH_TOKEN: { grpc: Grpc.UNAUTHENTICATED, http: 401, title: 'The refresh token is not valid' },
  REFRESH_TOKEN_REUSED: {
    grpc: Grpc.UNAUTHENTICATED,
    http: 401,
    title: 'The refresh token was used before; its session has ended',
  },
  PAYMENT_DECLINED: { grpc: Grpc.FAILED_PRECONDITION, http: 402, title: 'The payment was declined' },
  FORBIDDEN: { grpc: Grpc.PERMISSION_DENIED, http: 403, title: 'You may not do this' },
  INVALID_CURRENT_PASSWORD: { grpc: Grpc.PERMISSION_DENIED, http: 403, title: 'The current password is wrong' },
  NOT_FOUND: { grpc: Grpc.NOT_FOUND, http: 404, title: 'Not found' },
  PRODUCT_NOT_FOUND: { grpc: Grpc.NOT_FOUND, http: 404, title: 'There is no such product' },
  METHOD_NOT_ALLOWED: { grpc: Grpc.UNIMPLEMENTED, http: 405, title: 'This path does not take that method' },
  EMAIL_TAKEN: { grpc: Grpc.ALREADY_EXISTS, http: 409, title: 'This email address has an account already' },
  SKU_TAKEN: { grpc: Grpc.ALREADY_EXISTS, http: 409, title: 'Another product has this SKU' },
  OUT_OF_STOCK: { grpc: Grpc.FAILED_PRECONDITION, http: 409, title: 'Not enough in stock' },
  INSUFFICIENT_STOCK: { grpc: Grpc.FAILED_PRECONDITION, http: 409, title: 'The stock would go below zero' },
  ORDER_NOT_CANCELLABLE: { grpc: Grpc.FAILED_PRECONDITION, http: 409, title: 'The order cannot be cancelled now' },
  ILLEGAL_TRANSITION: {
    grpc: Grpc.FAILED_PRECONDITION,
    http: 409,
    title: 'The order cannot go from its status to that one',
  },
  CANNOT_CHANGE_SELF: { grpc: Grpc.FAILED_PRECONDITION, http: 409, title: 'You cannot change your own access' },
  REQUEST_IN_PROGRESS: { grpc: Grpc.ABORTED, http: 409, title: 'A request with this Idempotency-Key is under way' },
  PRECONDITION_FAILED: { grpc: Grpc.FAILED_PRECONDITION, http: 412, title: 'It has changed since you read it' },
  PAYLOAD_TOO_LARGE: { grpc: Grpc.RESOURCE_EXHAUSTED, http: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { grpc: Grpc.INVALID_ARGUMENT, http: 415, title: 'The body must be application/json' },
  IDEMPOTENCY_KEY_REUSED: {
    grpc: Grpc.FAILED_PRECONDITION,
    http: 422,
    title: 'This Idempotency-Key was used with another body',
  },
  RATE_LIMITED: { grpc: Grpc.RESOURCE_EXHAUSTED, http: 429, title: 'Too many requests' },
  INTERNAL: { grpc: Grpc.INTERNAL, http: 500, title: 'Something went wrong on our side' },
  UNAVAILABLE: { grpc: Grpc.UNAVAILABLE, http: 503, title: 'Temporarily unavailable' },
} as const satisfies Record<string, ReasonFacts>;

export type Reason = keyof typeof REASONS;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

interface DomainErrorOptions {
  /** For the client; never a driver's message. */
  readonly detail?: string;
  readonly fields?: readonly FieldError[];
  /** Public members of the problem document, for example `orderId`. */
  readonly data?: Readonly<Record<string, unknown>>;
  /** What is there, but not for who asks (`order:…`): for the log alone. */
  readonly concealed?: string;
  /** When trying again makes sense; becomes Retry-After, in whole seconds, at least 1. */
  readonly retryAfterMs?: number;
  /** Over HTTP, where one says more than the reason's own. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** The only error with a meaning for clients. Everything else is answered as INTERNAL and logged at the edge. */
export class DomainError extends Error {
  readonly detail?: string;
  readonly fields?: readonly FieldError[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly retryAfterMs?: number;
  readonly concealed?: string;
  readonly status: number;

  constructor(
    readonly reason: Reason,
    options: DomainErrorOptions = {},
  ) {
    super(options.detail ?? REASONS[reason].title, { cause: options.cause });
    this.name = 'DomainError';
    this.detail = options.detail;
    this.fields = options.fields;
    this.data = options.data;
    this.concealed = options.concealed;
    this.status = options.status ?? REASONS[reason].http;
    this.retryAfterMs = options.retryAfterMs ?? (reason === 'UNAVAILABLE' ? 1000 : undefined);
  }
}

export function isReason(value: unknown): value is Reason {
  return typeof value === 'string' && Object.hasOwn(REASONS, value);
}

// Drivers name a lost store in many ways: node's socket codes, PostgreSQL's class 08 and 57P, MongoDB's error names.
const STORE_AWAY_CODES =
  /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|08...|57P0.|53300|55P03|57014|25P03)$/;
const STORE_AWAY_NAMES =
  /^(MongoServerSelectionError|MongoNetworkError|MongoNetworkTimeoutError|MongoNotConnectedError|MongooseServerSelectionError|MongoTopologyClosedError|MongoExpiredSessionError|MongoWaitQueueTimeoutError|MongoPoolClearedError|MongoPoolClosedError|MaxRetriesPerRequestError|DriverUnavailableError|CannotConnectAlreadyConnectedError|ConnectionIsNotSetError|CannotExecuteNotConnectedError)$/;
const STORE_AWAY_MESSAGES =
  /timeout exceeded when trying to connect|Query read timeout|Connection terminated|Client has encountered a connection error|Connection is closed|Stream isn't writeable|Command timed out|before initial connection is complete|is not connected|Driver not Connected|not established/i;

/** True when an error means "the database, cache or broker is away or overloaded", not "the program is wrong". */
export function isStoreAway(error: unknown): boolean {
  // Not instanceof: a socket's error may come from another realm, as it does under Jest.
  if (!types.isNativeError(error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === 'string' && STORE_AWAY_CODES.test(code)) return true;
  if (STORE_AWAY_NAMES.test(error.name) || STORE_AWAY_MESSAGES.test(error.message)) return true;
  const inner = (error as { driverError?: unknown }).driverError ?? error.cause;
  return inner !== undefined && inner !== error && isStoreAway(inner);
}

/** What a client may know of any error: itself when it is a DomainError, UNAVAILABLE when a store is away, else INTERNAL. */
export function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (isStoreAway(error)) return new DomainError('UNAVAILABLE', { cause: error });
  return new DomainError('INTERNAL', { cause: error });
}
