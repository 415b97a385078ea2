import { setTimeout as pause } from 'node:timers/promises';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where it is JSON. */
  readonly body: any;
}

export interface Ask {
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** One request; `what` is "POST /auth/login". */
export async function ask(baseUrl: string, what: string, { token, body, headers }: Ask = {}): Promise<Answer> {
  const [method, path] = what.split(' ');
  const response = await fetch(baseUrl + path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...headers,
    },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
}

/** A gateway that is too busy says 503 and has used nothing up: a client asks again. */
export async function patiently(send: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await send();
    if (answer.status !== 503 || tries === 10) return answer;
    await pause(200);
  }
}

/** That it is an error as every error has to be: a problem document, with all headers, and nothing that names what is inside. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  const { body, headers } = answer;
  expect(answer).toMatchObject({ status, body: { status, code } });
  expect(body).toMatchObject({ type: `urn:shop:problem:${code.toLowerCase().replaceAll('_', '-')}` });
  for (const member of ['title', 'detail', 'instance']) expect(body[member]).toEqual(expect.any(String));
  expect(body.requestId).toBe(headers.get('x-request-id'));
  expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null]);
  expect(JSON.stringify(body)).not.toMatch(/\.ts|\.js|node_modules|at \w+ \(|grpc|redis|fastify|nestjs/i);
  if (status === 401) expect(headers.get('www-authenticate')).toMatch(/^Bearer error="/);
  if (status === 429 || status === 503) expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
}
