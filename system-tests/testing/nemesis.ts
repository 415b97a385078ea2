import { setTimeout as delay } from 'node:timers/promises';
import type { History } from './history';
import type { App, Store, System } from './system';

export interface Killing {
  readonly victims: readonly (App | Store)[];
  readonly everyMs: number;
  readonly atMost?: number;
  /** Numbers in [0, 1): with them, pauses are between a half and one and a half of `everyMs`. */
  readonly dice?: () => number;
}

/** Does harm to a system, again and again, until it is stopped. */
export class Nemesis {
  private readonly stopped = new AbortController();
  private readonly work: Promise<void>;
  harm = 0;

  private constructor(
    private readonly history: History,
    turn: (harm: number) => string | undefined,
    pauseMs: () => number,
  ) {
    this.work = this.goOn(turn, pauseMs);
  }

  /** Kills one after the other with kill -9, by the clock: whether it is back by then or not. */
  static killing(
    system: System,
    history: History,
    { victims, everyMs, atMost = Infinity, dice = () => 0.5 }: Killing,
  ): Nemesis {
    const turn = (harm: number): string | undefined => {
      if (harm >= atMost) return undefined;
      const victim = victims[harm % victims.length] as App | Store;
      system.kill(victim);
      return `kill -9 ${victim}`;
    };
    return new Nemesis(history, turn, () => everyMs * (0.5 + dice()));
  }

  /** No more harm; what was begun is finished. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.work;
  }

  private async goOn(turn: (harm: number) => string | undefined, pauseMs: () => number): Promise<void> {
    const { signal } = this.stopped;
    for (;;) {
      await delay(pauseMs(), undefined, { signal }).catch(() => undefined);
      const done = signal.aborted ? undefined : turn(this.harm);
      if (!done) return;
      this.history.note(done);
      this.harm++;
    }
  }
}
