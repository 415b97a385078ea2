import { type ArgumentsHost, ForbiddenException, HttpException, NotFoundException } from '@nestjs/common';
import { firstValueFrom, type Observable } from 'rxjs';
import { ErrorFilter } from './error.filter';
import { DomainError } from './errors';
import { Logger } from './logger';
import { runWithContext } from './request-context';

function aFilter() {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>);
  return { filter: new ErrorFilter(Logger.create('test', 'info', { write })), lines };
}

function answerTo(error: unknown) {
  const { filter, lines } = aFilter();
  const answer = { status: 0, headers: {} as Record<string, string>, body: {} as Record<string, unknown> };
  const reply = {
    sent: false,
    status: (status: number) => ((answer.status = status), reply),
    header: (name: string, value: string) => ((answer.headers[name] = value), reply),
    send: (body: string) => ((answer.body = JSON.parse(body) as Record<string, unknown>), reply),
  };
  const http = { getResponse: () => reply, getRequest: () => ({ url: '/orders?token=abc' }) };
  const host = { getType: () => 'http', switchToHttp: () => http } as unknown as ArgumentsHost;
  runWithContext({ requestId: 'request-1' }, () => filter.catch(error, host));
  return { ...answer, lines };
}

const coded = (code: string, statusCode: number) =>
  Object.assign(new Error('from the framework'), { code, statusCode });

describe('ErrorFilter over HTTP', () => {
  it('when it is a DomainError, then the answer is its problem document', () => {
    const fields = [{ field: 'items.0.quantity', message: 'must be from 1 to 100' }];
    const { status, headers, body } = answerTo(
      new DomainError('VALIDATION_FAILED', { detail: 'Look at items', fields }),
    );
    expect(status).toBe(400);
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
    });
    expect(body).toEqual({
      type: 'urn:shop:problem:validation-failed',
      title: 'The request is not valid',
      status: 400,
      detail: 'Look at items',
      instance: '/orders',
      code: 'VALIDATION_FAILED',
      requestId: 'request-1',
      errors: fields,
    });
  });

  it('when it carries data, then they are members that cannot replace the standard ones', () => {
    const { body } = answerTo(
      new DomainError('PAYMENT_DECLINED', { data: { orderId: 'o1', status: 200, code: 'OK' } }),
    );
    expect(body).toMatchObject({ orderId: 'o1', status: 402, code: 'PAYMENT_DECLINED' });
  });

  it('when it has a status of its own, then that is answered', () => {
    const { status, body } = answerTo(new DomainError('VALIDATION_FAILED', { status: 408 }));
    expect([status, body.status, body.code]).toEqual([408, 408, 'VALIDATION_FAILED']);
  });

  it('when it says when to try again, then Retry-After has whole seconds, at least one', () => {
    expect(answerTo(new DomainError('RATE_LIMITED', { retryAfterMs: 1200 })).headers['retry-after']).toBe('2');
    expect(answerTo(new DomainError('UNAVAILABLE')).headers['retry-after']).toBe('1');
  });

  it('when it is unexpected, then the answer has no detail and the log has all', () => {
    const { status, body, lines } = answerTo(new Error('relation "users" does not exist'));
    expect(status).toBe(500);
    expect(body).toMatchObject({ code: 'INTERNAL', detail: 'Something went wrong on our side' });
    expect(JSON.stringify(body)).not.toContain('relation');
    expect(lines).toEqual([expect.objectContaining({ 'log.level': 'error', 'http.request.id': 'request-1' })]);
    expect(JSON.stringify(lines)).toContain('relation');
  });

  it('when a database is away, then 503, not 500', () => {
    const { status, headers } = answerTo(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('1');
  });

  it.each([
    ['Nest knows no such route', new NotFoundException('Cannot GET /x'), { status: 404, code: 'NOT_FOUND' }],
    ['a guard of Nest refuses', new ForbiddenException(), { status: 403, code: 'FORBIDDEN' }],
    [
      'a path leaves its folder',
      new HttpException('Forbidden', 403, { cause: coded('FST_STATIC_FORBIDDEN_PATH', 403) }),
      { status: 404, code: 'NOT_FOUND' },
    ],
    ['the body is too large', coded('FST_ERR_CTP_BODY_TOO_LARGE', 413), { status: 413, code: 'PAYLOAD_TOO_LARGE' }],
    [
      'the media type is unknown',
      coded('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415),
      { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' },
    ],
    ['the JSON cannot be read', coded('FST_ERR_CTP_INVALID_JSON_BODY', 400), { status: 400, code: 'MALFORMED_JSON' }],
    [
      'the parser throws',
      Object.assign(new SyntaxError('Unexpected token'), { statusCode: 400 }),
      { status: 400, code: 'MALFORMED_JSON' },
    ],
    ['the URL is malformed', coded('FST_ERR_BAD_URL', 400), { status: 400, code: 'VALIDATION_FAILED' }],
    ['our own code cannot parse something', new SyntaxError('Unexpected token'), { status: 500, code: 'INTERNAL' }],
    [
      "another library's error has a status",
      coded('StripeAuthenticationError', 401),
      { status: 500, code: 'INTERNAL' },
    ],
    ['nothing is thrown', undefined, { status: 500, code: 'INTERNAL' }],
  ])('when %s, then the code is right', (_why, error, { status, code }) => {
    expect(answerTo(error)).toMatchObject({ status, body: { status, code } });
  });
});

it('when the call came over gRPC, then it fails with code and reason', async () => {
  const { filter } = aFilter();
  const host = { getType: () => 'rpc' } as unknown as ArgumentsHost;
  const failure = filter.catch(new DomainError('NOT_FOUND'), host) as Observable<never>;
  const error: unknown = await firstValueFrom(failure).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 5, details: 'Not found' });
});
