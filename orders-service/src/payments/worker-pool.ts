import { AsyncResource } from 'node:async_hooks';
import { waitAtMost } from '@shop/service-kit';

/** Runs work in the background, `width` at once, the rest in order of arrival. Work that waits already is not taken twice. */
export class WorkerPool {
  private readonly waiting = new Map<string, () => Promise<void>>();
  private readonly running = new Set<Promise<void>>();
  private closed = false;

  constructor(private readonly width: number) {}

  run(name: string, work: () => Promise<void>, onError: (error: unknown) => void): void {
    if (this.closed || this.waiting.has(name)) return;
    // It belongs to the request that brought it, also when another one's end makes room for it.
    const bound = AsyncResource.bind(() => work().catch(onError));
    this.waiting.set(name, bound);
    this.fill();
  }

  /** Begins nothing more and waits for what has begun, at most so long. */
  async drain(patienceMs: number): Promise<void> {
    this.closed = true;
    this.waiting.clear();
    await waitAtMost(patienceMs, Promise.allSettled(this.running));
  }

  private fill(): void {
    for (const [name, work] of this.waiting) {
      if (this.running.size >= this.width) return;
      this.waiting.delete(name);
      const done = work().finally(() => {
        this.running.delete(done);
        this.fill();
      });
      this.running.add(done);
    }
  }
}
