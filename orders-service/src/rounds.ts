import type { Logger } from '@shop/service-kit';
import type { DataSource } from 'typeorm';

type Step = readonly [name: string, run: () => Promise<void>];

/** Runs steps over and over, one round at a time; a step that fails is tried again in the next round. */
export class Rounds {
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;

  constructor(
    private readonly steps: readonly Step[],
    private readonly database: Pick<DataSource, 'isInitialized'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  start(intervalMs: number): void {
    this.timer = setInterval(() => {
      if (this.database.isInitialized) this.running ??= this.round().finally(() => (this.running = undefined));
    }, intervalMs);
  }

  /** Begins no more rounds and waits for the one under way, at most so long. */
  async stop(patienceMs: number): Promise<void> {
    clearInterval(this.timer);
    await waitAtMost(patienceMs, this.running);
  }

  private async round(): Promise<void> {
    for (const [step, run] of this.steps) {
      await run().catch((error: unknown) => this.logger.warn({ err: error, step }, 'recovery step failed'));
    }
  }
}

export async function waitAtMost(patienceMs: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
  await Promise.race([work, patience]);
  clearTimeout(timer);
}
