export type Gate = () => Promise<void>;

/** One run of a handler that is let through its store operations one by one, or never again: then it was killed. */
export class InterleavedTask {
  done = false;
  error?: Error;
  private parked = false;
  private wake?: () => void;
  private pass: () => void = () => undefined;
  private refuse: (error: Error) => void = () => undefined;

  constructor(run: (gate: Gate) => Promise<unknown>) {
    const gate = () =>
      new Promise<void>((resolve, reject) => {
        this.pass = resolve;
        this.refuse = reject;
        this.parked = true;
        this.wake?.();
      });
    run(gate).then(
      () => this.end(),
      (error: unknown) => this.end(error instanceof Error ? error : new Error(String(error))),
    );
  }

  /**
   * Makes the next store operation happen, or fail with `refusal`, and runs the handler up to the one after it. True when the
   * handler has ended.
   */
  async step(refusal?: Error): Promise<boolean> {
    if (this.isRunning) await this.untilParked();
    if (this.done) return true;
    this.parked = false;
    if (refusal) this.refuse(refusal);
    else this.pass();
    if (this.isRunning) await this.untilParked();
    return this.done;
  }

  private get isRunning(): boolean {
    return !this.parked && !this.done;
  }

  private untilParked(): Promise<void> {
    return new Promise((resolve) => (this.wake = resolve));
  }

  private end(error?: Error): void {
    this.error = error;
    this.done = true;
    this.wake?.();
  }
}

// Jest looks a global up anew each time it is named, and this runs millions of times.
const { imul } = Math;

/** Seeded pseudo-random numbers in [0, 1) (mulberry32), so that every run can be repeated. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
