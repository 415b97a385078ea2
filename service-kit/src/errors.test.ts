import { status as Grpc, Metadata, type ServiceError } from '@grpc/grpc-js';
import { DomainError, isReason, isStoreAway, type Reason, REASONS, toDomainError } from './errors';
import { fromServiceError, isAbsent, toServiceError } from './grpc-errors';

// The public contract's list of codes. A code that changes its status breaks clients, so this is written out.
const PUBLIC_CODES: Record<number, string[]> = {
  400: ['VALIDATION_FAILED', 'MALFORMED_JSON'],
  401: ['UNAUTHENTICATED', 'TOKEN_EXPIRED', 'INVALID_CREDENTIALS', 'INVALID_REFRESH_TOKEN', 'REFRESH_TOKEN_REUSED'],
  402: ['PAYMENT_DECLINED'],
  403: ['FORBIDDEN', 'INVALID_CURRENT_PASSWORD'],
  404: ['NOT_FOUND', 'PRODUCT_NOT_FOUND'],
  405: ['METHOD_NOT_ALLOWED'],
  409: [
    'EMAIL_TAKEN',
    'SKU_TAKEN',
    'OUT_OF_STOCK',
    'INSUFFICIENT_STOCK',
    'ORDER_NOT_CANCELLABLE',
    'ILLEGAL_TRANSITION',
    'CANNOT_CHANGE_SELF',
    'REQUEST_IN_PROGRESS',
  ],
  412: ['PRECONDITION_FAILED'],
  413: ['PAYLOAD_TOO_LARGE'],
  415: ['UNSUPPORTED_MEDIA_TYPE'],
  422: ['IDEMPOTENCY_KEY_REUSED'],
  429: ['RATE_LIMITED'],
  500: ['INTERNAL'],
  503: ['UNAVAILABLE'],
};

const listed = Object.entries(PUBLIC_CODES).flatMap(([http, codes]) =>
  codes.map((code) => [code, Number(http)] as const),
);
const overTheWire = (error: DomainError) => {
  const { code = Grpc.UNKNOWN, metadata = new Metadata(), details = '' } = toServiceError(error);
  const received: ServiceError = Object.assign(new Error(details), { code, metadata, details });
  return fromServiceError(received, 'orders-service');
};

describe('the table of reasons', () => {
  it('when compared with the public contract, then neither has a code that the other lacks', () => {
    expect(Object.keys(REASONS).sort()).toEqual(listed.map(([code]) => code).sort());
  });

  it.each(listed)('when the reason is %s, then HTTP answers %d', (code, http) => {
    expect(REASONS[code as Reason].http).toBe(http);
  });

  it.each(listed)('when a service answers with %s itself, then it does not look absent', (code) => {
    const error = toServiceError(new DomainError(code as Reason)) as ServiceError;
    expect(isAbsent(error)).toBe(false);
    expect(isAbsent({ ...error, code: Grpc.UNAVAILABLE, metadata: new Metadata() })).toBe(true);
  });

  it('when a name is inherited from Object, then it is no reason', () => {
    expect(isReason('constructor')).toBe(false);
    expect(isReason('NOT_FOUND')).toBe(true);
  });
});

describe('over gRPC', () => {
  it('when a DomainError crosses, then reason, detail, fields, data and Retry-After arrive', () => {
    const error = overTheWire(
      new DomainError('OUT_OF_STOCK', {
        detail: 'Only 2 of “Töpfe” left',
        fields: [{ field: 'items.0', message: 'too many' }],
        data: { orderId: 'o1', items: [{ productId: 'p1', requested: 3, available: 2 }] },
        retryAfterMs: 1500,
      }),
    );
    expect(error).toMatchObject({
      reason: 'OUT_OF_STOCK',
      detail: 'Only 2 of “Töpfe” left',
      fields: [{ field: 'items.0', message: 'too many' }],
      data: { orderId: 'o1', items: [{ productId: 'p1', requested: 3, available: 2 }] },
      retryAfterMs: 1500,
    });
  });

  it.each([Grpc.UNAVAILABLE, Grpc.DEADLINE_EXCEEDED, Grpc.CANCELLED])(
    'when nobody answers (%d), then UNAVAILABLE with Retry-After',
    (code) => {
      const error = Object.assign(new Error('14: no connection to 10.0.0.7'), {
        code,
        metadata: new Metadata(),
        details: '',
      });
      expect(fromServiceError(error, 'users-service')).toMatchObject({ reason: 'UNAVAILABLE', retryAfterMs: 1000 });
    },
  );

  it('when the connection breaks under a call, then nobody answered, whatever grpc-js calls it', () => {
    const details =
      'Received RST_STREAM with code 2 triggered by internal client error: Session closed with error code 2';
    const error = Object.assign(new Error(details), { code: Grpc.INTERNAL, metadata: new Metadata(), details });
    expect(fromServiceError(error, 'products-service')).toMatchObject({ reason: 'UNAVAILABLE', retryAfterMs: 1000 });
    expect(isAbsent(error)).toBe(true);
    expect(isAbsent({ ...error, details: 'a bug' })).toBe(false);
  });

  it('when an error comes without a reason of ours, then it is INTERNAL and its text stays inside', () => {
    const error = Object.assign(new Error('SELECT failed'), {
      code: Grpc.UNKNOWN,
      metadata: new Metadata(),
      details: 'SELECT',
    });
    const known = fromServiceError(error, 'users-service');
    expect(known.reason).toBe('INTERNAL');
    expect(known.message).not.toContain('SELECT');
  });
});

describe('isStoreAway', () => {
  it.each([
    ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['PostgreSQL shutting down', Object.assign(new Error('terminating'), { code: '57P01' })],
    ['a statement time-out', Object.assign(new Error('canceling statement'), { code: '57014' })],
    ['a frozen PostgreSQL', new Error('Query read timeout')],
    ['a full pool', new Error('timeout exceeded when trying to connect')],
    ['MongoDB without primary', Object.assign(new Error('x'), { name: 'MongoServerSelectionError' })],
    ['Redis without connection', new Error("Stream isn't writeable and enableOfflineQueue options is false")],
    [
      'a driver error inside',
      Object.assign(new Error('query failed'), { driverError: Object.assign(new Error(), { code: '08006' }) }),
    ],
  ])('when it is %s, then yes: UNAVAILABLE', (_what, error) => {
    expect(isStoreAway(error)).toBe(true);
    expect(toDomainError(error)).toMatchObject({ reason: 'UNAVAILABLE', retryAfterMs: 1000 });
  });

  it.each([
    new TypeError('x is not a function'),
    Object.assign(new Error('duplicate key'), { code: '23505' }),
    'text',
    undefined,
  ])('when it is %p, then no: INTERNAL', (error) => {
    expect(isStoreAway(error)).toBe(false);
    expect(toDomainError(error).reason).toBe('INTERNAL');
  });
});
