import { setTimeout as delay } from 'node:timers/promises';

/** Tries again until the assertion holds, at most `withinMs`; answers how long it took. */
export async function eventually(assertion: () => Promise<void> | void, withinMs = 5000): Promise<number> {
  const begunAt = Date.now();
  for (;;) {
    try {
      await assertion();
      return Date.now() - begunAt;
    } catch (error) {
      if (Date.now() - begunAt > withinMs) throw error;
      await delay(50);
    }
  }
}

/** The promised time times three: machines that run tests are busy. */
export function withSlack(promisedMs: number): number {
  return 3 * promisedMs;
}

/** Shown between the results, so that a promise that is kept ever more narrowly is seen. */
export function report(what: string, ms: number): void {
  process.stderr.write(`    ${what}: ${(ms / 1000).toFixed(1)} s\n`);
}
