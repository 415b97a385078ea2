import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Observable, throwError } from 'rxjs';
import { DomainError, type Reason, REASONS, toDomainError } from './errors';
import { toServiceError } from './grpc-errors';
import type { Logger } from './logger';
import { requestContext } from './request-context';

const REASON_OF_STATUS: Readonly<Record<number, Reason>> = {
  400: 'VALIDATION_FAILED',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'RATE_LIMITED',
  503: 'UNAVAILABLE',
};

// RFC 6750 and RFC 6749 name these; a program asks for a new token, or for the password again.
const BEARER_ERRORS: Readonly<Partial<Record<Reason, string>>> = {
  INVALID_CREDENTIALS: 'invalid_credentials',
  INVALID_REFRESH_TOKEN: 'invalid_grant',
  REFRESH_TOKEN_REUSED: 'invalid_grant',
};

/** Every error leaves through here, over gRPC and HTTP alike: known ones as their reason, others logged once and without detail. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): Observable<never> | void {
    const known = this.toKnown(error);
    if (host.getType() === 'rpc') return throwError(() => toServiceError(known));
    const http = host.switchToHttp();
    sendProblem(http.getResponse<FastifyReply>(), http.getRequest<FastifyRequest>(), known);
  }

  private toKnown(error: unknown): DomainError {
    const known = toKnownError(error);
    if (known.reason === 'INTERNAL') this.logger.error({ err: known.cause ?? known }, 'unexpected error');
    else if (known.reason === 'UNAVAILABLE') this.logger.warn({ err: known.cause ?? known }, 'a dependency is away');
    if (known.concealed) this.logger.security('foreign_object_asked', { target: known.concealed });
    return known;
  }
}

/** What is told of an error, whoever threw it. */
export function toKnownError(error: unknown): DomainError {
  return fromFramework(error) ?? toDomainError(error);
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** RFC 9457 problem document of an error. */
export function toProblem(error: DomainError, instance: string): Record<string, unknown> {
  const { title } = REASONS[error.reason];
  return {
    ...error.data,
    type: `urn:shop:problem:${error.reason.toLowerCase().replaceAll('_', '-')}`,
    title,
    status: error.status,
    detail: error.detail ?? title,
    instance,
    code: error.reason,
    requestId: requestContext()?.requestId,
    ...(error.fields?.length ? { errors: error.fields } : {}),
  };
}

export function sendProblem(reply: FastifyReply, request: FastifyRequest, error: DomainError): void {
  if (reply.sent) return;
  if (error.retryAfterMs) void reply.header('retry-after', String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
  if (error.status === 401)
    void reply.header('www-authenticate', `Bearer error="${BEARER_ERRORS[error.reason] ?? 'invalid_token'}"`);
  const path = (request.originalUrl ?? request.url).split('?')[0] ?? '/';
  void reply
    .status(error.status)
    .header('content-type', PROBLEM_TYPE)
    .header('cache-control', 'no-store')
    .send(JSON.stringify(toProblem(error, path)));
}

// Fastify's and Nest's own errors (unknown route, body too large, malformed JSON) carry an HTTP status.
function fromFramework(error: unknown): DomainError | undefined {
  // Nest wraps most of Fastify's.
  const original = error instanceof HttpException ? (error.cause ?? error) : error;
  const { code, statusCode } = (original ?? {}) as { code?: unknown; statusCode?: number };
  const unreadable = error instanceof SyntaxError && statusCode === 400;
  if (unreadable || code === 'FST_ERR_CTP_INVALID_JSON_BODY' || code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    return new DomainError('MALFORMED_JSON');
  }
  // Not who asks is wrong, but the path: it leaves the folder of files that it began in.
  if (code === 'FST_STATIC_FORBIDDEN_PATH') return new DomainError('NOT_FOUND');
  const status = error instanceof HttpException ? error.getStatus() : fastifyStatus(code, statusCode);
  if (status === undefined || error instanceof DomainError) return undefined;
  const reason = REASON_OF_STATUS[status] ?? (status < 500 ? 'VALIDATION_FAILED' : undefined);
  return reason && new DomainError(reason, { cause: error });
}

// Other libraries' errors have a `statusCode` too (a payment provider's 401, say), and it is not for our clients.
function fastifyStatus(code: unknown, statusCode?: number): number | undefined {
  return typeof code === 'string' && code.startsWith('FST_') ? statusCode : undefined;
}
