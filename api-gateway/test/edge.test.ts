import { connect } from 'node:net';
import { request as rawRequest } from 'node:http';
import type { users } from '@shop/proto';
import { eventually } from '@shop/service-kit/testing';
import { aUser, fakeUsers } from './accounts';
import { type Gateway, openRedis, startGateway, untilReady } from './gateway';
import { type Ask, ask, expectProblem } from './http';

const BOOM = 'boom';

let gateway: Gateway;

beforeAll(async () => {
  const redis = openRedis();
  await redis.flushdb();
  redis.disconnect();
  const known = fakeUsers([aUser()]);
  const env = { RATE_LIMIT_ENABLED: 'false' };
  const registerUser = async (request: users.RegisterUserRequest) => {
    // As a database says it.
    if (request.name === BOOM) throw new Error('relation "users" does not exist');
    return known.methods.registerUser(request);
  };
  gateway = await startGateway({ users: { ...known.methods, registerUser, listAudit: undefined }, env });
  await untilReady(gateway);
});
afterAll(() => gateway.stop());

const problem = (status: number, code: string) => ({ status, body: { status, code } });
const login = (body: unknown, headers: Record<string, string> = {}) =>
  ask(gateway.url, 'POST /auth/login', { body, headers });

describe('problem documents', () => {
  test.each<[string, string, Ask & { status: number; code: string }]>([
    ['an unknown path', 'GET /nothing', { status: 404, code: 'NOT_FOUND' }],
    ['a broken escape', 'GET /auth/%zz', { status: 404, code: 'NOT_FOUND' }],
    ['a wrong method', 'DELETE /auth/login', { status: 405, code: 'METHOD_NOT_ALLOWED' }],
    ['a protected route without a token', 'GET /auth/me', { status: 401, code: 'UNAUTHENTICATED' }],
    ['JSON cut short', 'POST /auth/login', { body: '{"email":', status: 400, code: 'MALFORMED_JSON' }],
    ['no body', 'POST /auth/login', { status: 400, code: 'VALIDATION_FAILED' }],
    ['an array', 'POST /auth/login', { body: [], status: 400, code: 'VALIDATION_FAILED' }],
    ['a wrong type', 'POST /auth/login', { body: { email: 1, password: 'x' }, status: 400, code: 'VALIDATION_FAILED' }],
    [
      'an object for a text',
      'POST /auth/login',
      { body: { email: { $gt: '' }, password: 'x' }, status: 400, code: 'VALIDATION_FAILED' },
    ],
    [
      'an unknown field',
      'POST /auth/login',
      { body: { email: 'a', password: 'b', role: 'admin' }, status: 400, code: 'VALIDATION_FAILED' },
    ],
    [
      '__proto__',
      'POST /auth/login',
      { body: '{"email":"a","password":"b","__proto__":{"x":1}}', status: 400, code: 'MALFORMED_JSON' },
    ],
    [
      '20,000 levels',
      'POST /auth/login',
      { body: '['.repeat(20_000) + ']'.repeat(20_000), status: 400, code: 'MALFORMED_JSON' },
    ],
    [
      '100 kB and more',
      'POST /auth/login',
      { body: { email: 'a'.repeat(102_401) }, status: 413, code: 'PAYLOAD_TOO_LARGE' },
    ],
  ])('when there is %s, then the answer says so', async (_name, what, { status, code, ...asked }) => {
    const answer = await ask(gateway.url, what, asked);
    expectProblem(answer, status, code);
    expect(answer.body.instance).toBe(what.split(' ')[1]);
  });

  test.each([
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json+x',
    'multipart/form-data; boundary=x',
    'application/json; charset=latin1',
  ])('when a body comes as %s, then 415', async (type) => {
    expect(await login('email=a', { 'content-type': type })).toMatchObject(problem(415, 'UNSUPPORTED_MEDIA_TYPE'));
  });

  test('when a body comes compressed, then 415', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/json; charset=UTF-8' };
    expect(await login({}, headers)).toMatchObject(problem(415, 'UNSUPPORTED_MEDIA_TYPE'));
  });

  test('when an id is far too long, then it is answered like an unknown one', async () => {
    const answer = await ask(gateway.url, `GET /products/${'a'.repeat(1500)}`);
    expect(answer).toMatchObject(problem(404, 'PRODUCT_NOT_FOUND'));
  });

  test('when several fields are wrong, then each is named', async () => {
    const { body } = await login({ email: '', extra: 1 });
    expect(body.errors.map(({ field }: { field: string }) => field).sort()).toEqual(['email', 'extra', 'password']);
  });

  test('when the method is wrong, then Allow names the right ones', async () => {
    const { headers } = await ask(gateway.url, 'PUT /auth/sessions');
    expect(headers.get('allow')).toBe('GET, HEAD');
    const other = await ask(gateway.url, 'GET /auth/sessions/some-id');
    expect(other.headers.get('allow')).toBe('DELETE');
  });

  test('when something unexpected happens, then 500 without detail', async () => {
    const answer = await ask(gateway.url, 'POST /auth/register', {
      body: { email: 'new@example.com', password: 'pw pw pw pw', name: BOOM },
    });
    expectProblem(answer, 500, 'INTERNAL');
    expect(JSON.stringify(answer.body)).not.toContain('relation');
  });

  test('when it is no HTTP, then 400 as a problem document', async () => {
    const text = await raw('GARBAGE\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain('application/problem+json');
    expect(text).toContain('strict-transport-security');
  });

  test('when headers are larger than 16 kB, then 431 as a problem document', async () => {
    const text = await raw(`GET / HTTP/1.1\r\nhost: x\r\nx-big: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1.1 431 /);
    expect(text).toContain('"code":"VALIDATION_FAILED"');
  });

  test.each([
    ['no HTTP', 'GARBAGE\r\n\r\n', 'HPE_INVALID_METHOD'],
    ['a head that is too large', `GET / HTTP/1.1\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`, 'HPE_HEADER_OVERFLOW'],
  ])('when what comes is %s, then the log says from where, and nothing of what came', async (_what, text, code) => {
    gateway.logs.length = 0;
    await raw(text);
    const line = { 'event.action': 'request_unreadable', 'error.code': code, 'client.ip': '127.0.0.1' };
    expect(gateway.logs).toEqual([expect.objectContaining(line)]);
    expect(JSON.stringify(gateway.logs)).not.toMatch(/GARBAGE|aaaa/);
  });

  test('when a body is not valid, then the log says where, and nothing of what came', async () => {
    gateway.logs.length = 0;
    const { headers } = await login({ email: 'not-valid', password: 'hunter2 hunter2', cardNumber: 'card-of-ada' });
    const refused = () => gateway.logs.filter((line) => line['event.action'] === 'input_refused');
    await eventually(() => expect(refused()).toHaveLength(1));
    expect(refused()).toMatchObject([
      { 'labels.route': '/auth/login', 'http.request.id': headers.get('x-request-id'), 'client.ip': '127.0.0.1' },
    ]);
    expect(JSON.stringify(gateway.logs)).not.toMatch(/not-valid|hunter2|card-of-ada/);
  });

  test.each(['LOCK', 'PROPFIND', 'TRACE', 'PURGE', 'SEARCH', 'M-SEARCH'])(
    'when the method is %s, then a problem document',
    async (method) => {
      const { status, type } = await new Promise<{ status?: number; type?: string }>((resolve, reject) => {
        rawRequest({ port: gateway.port, method, path: '/auth/login' }, (response) => {
          response
            .resume()
            .on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'] }));
        })
          .on('error', reject)
          .end();
      });
      expect(status).toBe(405);
      expect(type).toMatch('application/problem+json');
    },
  );
});

describe('every answer', () => {
  test.each([
    ['abcDEF_-1', true],
    ['short', false],
    ['has spaces in it', false],
    ['x'.repeat(65), false],
  ])('when the request id is %j, then it is taken: %s', async (id, taken) => {
    const { headers } = await ask(gateway.url, 'GET /health', { headers: { 'x-request-id': id } });
    expect(headers.get('x-request-id') === id).toBe(taken);
    expect(headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{8,64}$/);
  });

  test('when anything is answered, then security headers are there and nothing names the software', async () => {
    const { headers } = await ask(gateway.url, 'GET /nothing');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('when the path has /v1 in front, then it is the same API', async () => {
    expect((await ask(gateway.url, 'GET /v1/health')).status).toBe(200);
    const answer = await ask(gateway.url, 'GET /v1/auth/me?x=1');
    expect(answer).toMatchObject({ status: 401, body: { instance: '/v1/auth/me' } });
    expect((await ask(gateway.url, 'GET /v1health')).status).toBe(404);
  });

  test('when a type is sent without a body, then the type does not matter', async () => {
    const { status } = await ask(gateway.url, 'GET /health', { headers: { 'content-type': 'application/json' } });
    expect(status).toBe(200);
    const logout = await ask(gateway.url, 'POST /auth/logout', { headers: { 'content-type': 'application/json' } });
    expect(logout.status).toBe(401);
  });
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}
