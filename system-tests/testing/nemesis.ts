import { setTimeout as delay } from 'node:timers/promises';
import type { History } from './history';
import { type App, APPS, type Store, STORES, type System } from './system';

export interface Rhythm {
  readonly everyMs: number;
  readonly atMost?: number;
  /** Numbers in [0, 1): with them, pauses are between a half and one and a half of `everyMs`. */
  readonly dice?: () => number;
}

type Victim = App | Store;
/** What is done, and what it is called. */
type Harm = { readonly name: string; readonly work: () => Promise<void> };

const LONGEST_FREEZE_MS = 6000;

/** Does harm to a system by the clock, whether it is whole again by then or not, until it is stopped. */
export class Nemesis {
  /** When all is done that was to be done. */
  readonly done: Promise<void>;
  harm = 0;

  private readonly stopped = new AbortController();
  private readonly underWay: Promise<void>[] = [];

  private constructor(
    private readonly history: History,
    private readonly rhythm: Rhythm,
    next: (turn: number) => Harm,
  ) {
    this.done = this.goOn(next);
  }

  /** Kills one after the other with kill -9. */
  static killing(system: System, history: History, rhythm: Rhythm & { victims: readonly Victim[] }): Nemesis {
    const { victims } = rhythm;
    return new Nemesis(history, rhythm, (turn) => kill(system, victims[turn % victims.length]!));
  }

  /** Kills or freezes whatever there is. */
  static anything(system: System, history: History, rhythm: Rhythm & { dice: () => number }): Nemesis {
    const { dice } = rhythm;
    const victims = [...APPS, ...STORES];
    return new Nemesis(history, rhythm, () => {
      const victim = victims[Math.floor(dice() * victims.length)]!;
      return dice() < 0.5 ? kill(system, victim) : freeze(system, victim, dice() * LONGEST_FREEZE_MS);
    });
  }

  /** No more harm; what was begun is finished. */
  async stop(): Promise<void> {
    this.stopped.abort();
    await this.done;
  }

  private async goOn(next: (turn: number) => Harm): Promise<void> {
    const { everyMs, atMost = Infinity, dice = () => 0.5 } = this.rhythm;
    const { signal } = this.stopped;
    while (this.harm < atMost) {
      await delay(everyMs * (0.5 + dice()), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      const { name, work } = next(this.harm++);
      this.history.note(name);
      this.underWay.push(work());
    }
    await Promise.all(this.underWay);
  }
}

function kill(system: System, victim: Victim): Harm {
  return { name: `kill -9 ${victim}`, work: async () => system.kill(victim) };
}

function freeze(system: System, victim: Victim, forMs: number): Harm {
  return { name: `freeze ${victim} for ${Math.round(forMs)} ms`, work: () => system.freeze(victim, forMs) };
}
