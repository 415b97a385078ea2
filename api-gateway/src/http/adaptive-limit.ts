const LEAST = 20;
const LONG_MS = 1000;
const MORE = 10;
const LESS = 0.8;

/** A request that has its place. */
export interface Place {
  /** In performance.now()'s milliseconds. */
  readonly since: number;
  /** How many were in hand then, this one among them. */
  readonly inHand: number;
}

/**
 * How many requests may be in hand at once. Ten more each time that as many as may be were answered within a second. When one
 * took longer, only as many as are answered in a second if so many took so long (Little's law), at least a fifth fewer. So it
 * follows what the services can do, and who is let in is answered in time.
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
    return { since: now, inHand: this.inHand };
  }

  /** `tells` is false for what may take long without anybody being overloaded. */
  leave(place: Place, tells: boolean, now = performance.now()): void {
    const wasBusy = 2 * this.inHand >= this.limit;
    this.inHand--;
    if (!tells) return;
    const tookMs = now - place.since;
    if (tookMs < LONG_MS) {
      if (wasBusy) this.current = Math.min(this.most, this.current + MORE / this.current);
    } else if (place.since > this.lessSince && place.inHand >= Math.min(LEAST, this.most)) {
      // Once for all that came before: they have waited in the same queue.
      this.lessSince = now;
      const inASecond = (place.inHand * LONG_MS) / tookMs;
      this.current = Math.max(Math.min(LEAST, this.most), Math.min(this.current * LESS, inASecond));
    }
  }
}
