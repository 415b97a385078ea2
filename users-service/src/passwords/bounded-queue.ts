import { askedGauge, counter, DomainError, requestContext } from '@shop/service-kit';

/** Callers hang up after 2 s; what cannot be done by then is not begun. */
const PATIENCE_MS = 1800;
const FIRST_GUESS_MS = 250;
const WEIGHT_OF_NEWEST = 0.2;

interface Waiter {
  readonly giveUpAt: number;
  readonly start: () => void;
  readonly shed: () => void;
}

/** At most `width` at once. Who would wait longer than their caller listens is shed at once, not answered too late. */
export class BoundedQueue {
  private running = 0;
  private readonly waiting: Waiter[] = [];
  private typicalMs = FIRST_GUESS_MS;
  private readonly countShed = counter({
    name: 'password_hashes_shed_total',
    help: 'Sign-ins and the like that were refused, as hashing would have taken longer than anybody waits',
  });

  constructor(
    private readonly width: number,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    askedGauge({
      name: 'password_hashes_in_progress',
      help: 'Passwords that are being hashed; one less than there are cores is the most',
      freshForMs: 0,
      read: () => this.running,
    });
  }

  /** @throws DomainError UNAVAILABLE when it would take too long. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.width) this.running++;
    else await this.wait();
    const startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.typicalMs += (performance.now() - startedAt - this.typicalMs) * WEIGHT_OF_NEWEST;
      this.startNext();
    }
  }

  private wait(): Promise<void> {
    const giveUpAt = Math.min(Date.now() + this.patienceMs, requestContext()?.deadline ?? Infinity);
    const roundsAhead = Math.floor(this.waiting.length / this.width) + 1;
    if (Date.now() + (roundsAhead + 1) * this.typicalMs > giveUpAt) throw this.tooBusy();
    return new Promise((resolve, reject) => {
      this.waiting.push({ giveUpAt, start: resolve, shed: () => reject(this.tooBusy()) });
    });
  }

  private startNext(): void {
    for (let next = this.waiting.shift(); next; next = this.waiting.shift()) {
      if (Date.now() + this.typicalMs <= next.giveUpAt) return next.start();
      next.shed();
    }
    this.running--;
  }

  private tooBusy(): DomainError {
    this.countShed({});
    const retryAfterMs = Math.max(1000, (this.waiting.length / this.width) * this.typicalMs);
    return new DomainError('UNAVAILABLE', { detail: 'Too many sign-ins at once', retryAfterMs });
  }
}
