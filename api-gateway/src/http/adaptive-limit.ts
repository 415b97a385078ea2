const LEAST = 10;
const LONG_MS = 1000;
const MORE = 10;
const LESS = 0.8;

/** A request that has its place. */
export interface Place {
  /** In performance.now()'s milliseconds. */
  readonly since: number;
}

/**
 * How many requests may be in hand at once: ten more each time that as many as may be were answered within a second, a fifth
 * fewer when answers take longer (additive increase, multiplicative decrease, as TCP has it). So it follows what the services
 * can do, and who is let in is answered in time.
 */
export class AdaptiveLimit {
  inHand = 0;
  private current: number;
  private lessSince = -Infinity;

  constructor(private readonly most: number) {
    this.current = most;
  }

  get limit(): number {
    return Math.floor(this.current);
  }

  /** Undefined when there are as many as may be. */
  take(now = performance.now()): Place | undefined {
    if (this.inHand >= this.limit) return undefined;
    this.inHand++;
    return { since: now };
  }

  /** `tells` is false for what may take long without anybody being overloaded. */
  leave({ since }: Place, tells: boolean, now = performance.now()): void {
    const wasBusy = 2 * this.inHand >= this.limit;
    this.inHand--;
    if (!tells) return;
    if (now - since < LONG_MS) {
      if (wasBusy) this.current = Math.min(this.most, this.current + MORE / this.current);
    } else if (since > this.lessSince) {
      // Once for all that came before: they have waited in the same queue.
      this.lessSince = now;
      this.current = Math.max(Math.min(LEAST, this.most), this.current * LESS);
    }
  }
}
