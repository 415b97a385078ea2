// `npm run prove` has a machine for itself at the larger sizes. Tests share theirs with whatever else runs there: they show
// what is broken rather than what is slow, and what is broken is not done ten times later either.
const SLACK = ['S', 'L'].includes(process.env.PROOF_SIZE ?? '') ? 3 : 10;

/** The promised time, and as much more as a busy machine may need. */
export function withSlack(promisedMs: number): number {
  return SLACK * promisedMs;
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
