import type { Logger } from '@shop/service-kit';

const SLOWEST_MS = 2000;

interface PollerOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly logger: Logger;
  /** One pass over the work that is due. A pass that fails is tried again, slower. */
  readonly run: () => Promise<void>;
}

/** Runs one pass at a time, again and again, until stopped. */
export class Poller {
  private timer?: NodeJS.Timeout;
  private dueAt = Infinity;
  private running?: Promise<void>;
  private stopped = true;
  private failures = 0;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    this.stopped = false;
    this.schedule(this.options.everyMs);
  }

  /** The next pass comes within `delayMs`; nudges in between are served by the same pass. */
  nudge(delayMs: number): void {
    if (!this.stopped) this.schedule(delayMs);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    const at = Date.now() + delayMs;
    if (at >= this.dueAt) return;
    clearTimeout(this.timer);
    this.dueAt = at;
    this.timer = setTimeout(() => this.due(), delayMs);
  }

  private due(): void {
    this.dueAt = Infinity;
    if (this.running) return this.schedule(Math.min(50, this.options.everyMs));
    this.running = this.pass().finally(() => {
      this.running = undefined;
      if (!this.stopped) this.schedule(Math.max(this.options.everyMs, this.backOffMs()));
    });
  }

  private async pass(): Promise<void> {
    try {
      await this.options.run();
      this.failures = 0;
    } catch (error) {
      if (this.failures++ === 0)
        this.options.logger.warn({ err: error, poller: this.options.name }, 'pass failed, trying again');
    }
  }

  private backOffMs(): number {
    return this.failures === 0 ? 0 : Math.min(SLOWEST_MS, this.options.everyMs * 2 ** this.failures);
  }
}
