import { type Logger, Poller } from '@shop/service-kit';

interface RoundsOptions {
  readonly everyMs: number;
  readonly logger: Logger;
  /** `true`: more is due already. */
  readonly steps: Readonly<Record<string, () => Promise<void> | Promise<boolean>>>;
}

/** What every replica does again and again. Each step has a rhythm of its own: a slow or failing one holds up only itself. */
export class Rounds {
  private readonly pollers: readonly Poller[];

  constructor({ everyMs, logger, steps }: RoundsOptions) {
    this.pollers = Object.entries(steps).map(([name, run]) => new Poller({ name, everyMs, logger, run }));
  }

  start(): void {
    for (const poller of this.pollers) poller.start();
  }

  /** Begins nothing more and waits for what is under way, at most so long. */
  async stop(patienceMs: number): Promise<void> {
    await Promise.all(this.pollers.map((poller) => poller.stop(patienceMs)));
  }
}
