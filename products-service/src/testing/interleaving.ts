export type Gate = () => Promise<void>;

/** One run of a handler that is let through its store operations one by one, or never again: then it was killed. */
export class InterleavedTask {
  done = false;
  error?: Error;
  private parked: Promise<void>;
  private arrive: () => void = () => undefined;
  private pass: () => void = () => undefined;
  private refuse: (error: Error) => void = () => undefined;

  constructor(run: (gate: Gate) => Promise<unknown>) {
    this.parked = this.untilParked();
    const gate = () =>
      new Promise<void>((resolve, reject) => {
        this.pass = resolve;
        this.refuse = reject;
        this.arrive();
      });
    run(gate)
      .catch((error: unknown) => (this.error = error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.done = true;
        this.arrive();
      })
      .catch(() => undefined);
  }

  /**
   * Makes the next store operation happen, or fail with `refusal`, and runs the handler up to the one after it. True when the
   * handler has ended.
   */
  async step(refusal?: Error): Promise<boolean> {
    await this.parked;
    if (this.done) return true;
    this.parked = this.untilParked();
    if (refusal) this.refuse(refusal);
    else this.pass();
    await this.parked;
    return this.done;
  }

  private untilParked(): Promise<void> {
    return new Promise((resolve) => (this.arrive = resolve));
  }
}

/** Seeded pseudo-random numbers in [0, 1) (mulberry32), so that every run can be repeated. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
