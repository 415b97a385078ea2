import type { Logger } from './logger';
import { inTrace } from './trace';
import { waitAtMost } from './wait-at-most';

const SLOWEST_MS = 2000;

interface PollerOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly logger: Pick<Logger, 'warn'>;
  /** One pass over the work that is due; `true` when more is due already. A pass that fails is tried again, slower. */
  readonly run: () => Promise<void> | Promise<boolean>;
}

/** Runs one pass at a time, again and again, until stopped. */
export class Poller {
  private timer?: NodeJS.Timeout;
  private dueAt = Infinity;
  private running?: Promise<void>;
  private dueAgain = false;
  private stopped = true;
  private failures = 0;

  constructor(private readonly options: PollerOptions) {}

  start(): void {
    this.stopped = false;
    this.schedule(this.options.everyMs);
  }

  /** The next pass comes within `delayMs`; nudges in between are served by the same pass. */
  nudge(delayMs = 0): void {
    if (!this.stopped) this.schedule(delayMs);
  }

  /** Begins no more passes and waits for the one under way, at most so long. */
  async stop(patienceMs?: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await waitAtMost(patienceMs, this.running);
  }

  /** One more pass after the one under way, so that nothing due waits for another process; at most so long. */
  async finish(patienceMs: number): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await waitAtMost(
      patienceMs,
      (this.running ?? Promise.resolve()).then(() => this.pass()),
    );
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
    if (this.running) {
      this.dueAgain = true;
      return;
    }
    this.dueAgain = false;
    this.running = this.pass().finally(() => {
      this.running = undefined;
      if (!this.stopped) this.schedule(this.pauseMs());
    });
  }

  private async pass(): Promise<void> {
    try {
      // It works for whoever has something due, not for the request that nudged it.
      const isMoreDue = await inTrace(undefined, this.options.run);
      if (isMoreDue === true) this.dueAgain = true;
      this.failures = 0;
    } catch (error) {
      if (this.failures++ === 0)
        this.options.logger.warn({ err: error, poller: this.options.name }, 'pass failed, trying again');
    }
  }

  private pauseMs(): number {
    const { everyMs } = this.options;
    if (this.failures > 0) return Math.max(everyMs, Math.min(SLOWEST_MS, everyMs * 2 ** this.failures));
    return this.dueAgain ? 0 : everyMs;
  }
}
