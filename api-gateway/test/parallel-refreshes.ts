import { setTimeout as pause } from 'node:timers/promises';
import type { Gateway } from './gateway';
import { type Answer, ask } from './http';

interface Pair {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** So many refreshes with one token, at these gateways at once: all get the same pair. */
export async function expectOnePair(times: number, refreshToken: string, at: Pick<Gateway, 'url'>[]): Promise<Pair> {
  const answers = await Promise.all(
    Array.from({ length: times }, (_, i) => refreshPatiently(at[i % at.length]?.url ?? '', refreshToken)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(times).fill(200));
  expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  return answers[0]?.body as Pair;
}

// A gateway that is too busy says 503 and has used nothing up: a client asks again.
async function refreshPatiently(url: string, refreshToken: string): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await ask(url, 'POST /auth/refresh', { body: { refreshToken } });
    if (answer.status !== 503 || tries === 10) return answer;
    await pause(200);
  }
}
