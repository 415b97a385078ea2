import { DomainError } from '@shop/service-kit';

/** At most `width` at once and `depth` waiting; more is shed at once instead of answered too late. */
export class BoundedQueue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(
    private readonly width: number,
    private readonly depth: number,
  ) {}

  /** @throws DomainError UNAVAILABLE when the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.width) await this.wait();
    else this.running++;
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }

  private wait(): Promise<void> {
    if (this.waiting.length >= this.depth) {
      throw new DomainError('UNAVAILABLE', { detail: 'Too many sign-ins at once', retryAfterMs: 2000 });
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
