import type { Gateway } from './gateway';
import { ask, patiently } from './http';

interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** So many refreshes with one token, at these gateways at once: all get the same pair. */
export async function expectOnePair(times: number, refreshToken: string, at: Pick<Gateway, 'url'>[]): Promise<Pair> {
  const answers = await Promise.all(
    Array.from({ length: times }, (_, i) =>
      patiently(() => ask(at[i % at.length]?.url ?? '', 'POST /auth/refresh', { body: { refreshToken } })),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(times).fill(200));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  return answers[0]?.body as Pair;
}
