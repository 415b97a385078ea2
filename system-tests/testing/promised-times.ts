/** The promised time times three: machines that run tests are busy. */
export function withSlack(promisedMs: number): number {
  return 3 * promisedMs;
}

/** How long it took until `work` was done. */
export async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const begunAt = Date.now();
  await work();
  return Date.now() - begunAt;
}

/** Shown between the results, so that a promise that is kept ever more narrowly is seen. */
export function report(what: string, ms: number): void {
  process.stderr.write(`    ${what}: ${(ms / 1000).toFixed(1)} s\n`);
}
