/** Runs work in the background, `width` at once, the rest in order of arrival. */
export class WorkerPool {
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly running = new Set<Promise<void>>();

  constructor(private readonly width: number) {}

  run(work: () => Promise<void>, onError: (error: unknown) => void): void {
    this.waiting.push(() => work().catch(onError));
    this.fill();
  }

  /** Begins nothing more and waits for what has begun. */
  async drain(): Promise<void> {
    this.waiting.length = 0;
    await Promise.allSettled(this.running);
  }

  private fill(): void {
    while (this.running.size < this.width) {
      const next = this.waiting.shift();
      if (!next) return;
      const done = next().finally(() => {
        this.running.delete(done);
        this.fill();
      });
      this.running.add(done);
    }
  }
}
