import type { Answer } from './client';

/** What says which software is inside, or how it is built. The instance is what the client has sent. */
const INSIDE =
  /\bat \S+ \(|\.[jt]s:\d|node_modules|\/dist\/|select .* from |insert into|update .* set |syntax error|relation \\?"|duplicate key|E11000|mongo|postgres|typeorm|redis|rabbit|amqp|grpc|\b\d+ [A-Z_]+: |ECONN|ETIMEDOUT|fastify|nest(js)?\b|express/i;
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': expect.stringMatching(/^default-src 'none';.*frame-ancestors 'none'/),
  'strict-transport-security': expect.stringMatching(/^max-age=31536000; includeSubDomains/),
  'x-content-type-options': 'nosniff',
};
const REQUEST_ID = /^[A-Za-z0-9_-]{8,64}$/;

/** An error as all of them have to be: a problem document with the request's id, and nothing that names what is inside. */
export function expectCleanError({ status, headers, body }: Answer): void {
  const { requestId, code, instance, ...told } = body ?? {};
  expect({ status: body?.status, type: headers.get('content-type') }).toEqual({
    status,
    type: 'application/problem+json; charset=utf-8',
  });
  expect([code, instance]).toEqual([expect.stringMatching(/^[A-Z_]+$/), expect.stringMatching(/^\//)]);
  expect(requestId).toMatch(REQUEST_ID);
  expect(headers.get('x-request-id')).toBe(requestId);
  expect(Object.fromEntries(Object.keys(HEADERS).map((name) => [name, headers.get(name)]))).toEqual(HEADERS);
  expect(headers.get('server') ?? headers.get('x-powered-by')).toBeNull();
  expect(JSON.stringify(told)).not.toMatch(INSIDE);
  if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer error="/);
  if (status === 429 || status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}

/** What is the same in two answers that must not be told apart. */
export function withoutRequest({ status, body }: Answer): object {
  const { requestId: _id, instance: _path, ...rest } = body as Record<string, unknown>;
  return { status, ...rest };
}
