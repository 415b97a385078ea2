import { type Gate, InterleavedTask, randomOf } from './interleaving';

/** A store, the broker or the network failed, as the simulation wanted it to. */
export class InjectedFault extends Error {}

// Jest looks a global up anew each time it is named.
const { floor } = Math;

export interface SchedulerOptions {
  readonly seed: number;
  /** So many steps are hostile; afterwards everything must come to rest. */
  readonly faultSteps: number;
  /** Handlers may sleep for up to so many steps while others do their work again. */
  readonly longestNap: number;
  /** How often a store refuses an operation while faults last, 0 to 1. */
  readonly refusals?: number;
  /** A planted defect: messages are acknowledged before they are handled. */
  readonly ackEarly?: boolean;
}

export interface WorkOptions<M> {
  /** What is being handled; it comes again when its handler dies. */
  readonly message?: M;
  /** Whose process it runs in. */
  readonly app?: string;
  /** On the clock: what the protocol asks of handlers, to be over long before the marks that bar them are forgotten. */
  readonly endsWithin?: number;
}

interface Live<M> extends WorkOptions<M> {
  readonly task: InterleavedTask;
  /** The broker has given its message to somebody else, but it does not know. */
  zombie: boolean;
  pausedUntil: number;
  readonly since: number;
}

/** Lets handlers go on one operation at a time, in any order, and while faults last kills, suspends and repeats them. */
export class HostileScheduler<M> {
  readonly random: () => number;
  /** Messages that wait for a handler: no order is promised. */
  readonly waiting: M[] = [];
  /** Handlers that ended in a way that no fault explains. */
  readonly failures: string[] = [];
  now = 0;
  stepNumber = 0;
  private live: Live<M>[] = [];

  constructor(private readonly options: SchedulerOptions) {
    this.random = randomOf(options.seed);
  }

  get faulty(): boolean {
    return this.stepNumber < this.options.faultSteps;
  }

  get liveCount(): number {
    return this.live.length;
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  below(limit: number): number {
    return floor(this.random() * limit);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  takeMessage(): M | undefined {
    return this.waiting.splice(this.below(this.waiting.length), 1)[0];
  }

  spawn(run: (gate: Gate) => Promise<unknown>, options: WorkOptions<M> = {}): void {
    this.live.push({ ...options, task: new InterleavedTask(run), zombie: false, pausedUntil: 0, since: this.now });
  }

  /** kill -9 in the middle of whatever it does. */
  killOne(): boolean {
    return this.kill(this.pick(this.live));
  }

  /** kill -9 of a process with all that it has in hand. */
  killApp(app: string): boolean {
    return this.live.filter((one) => one.app === app).reduce((any, one) => this.kill(one) || any, false);
  }

  /** The broker believes a handler dead and gives its message to another; it sleeps, wakes and goes on. */
  loseConnection(): boolean {
    const victim = this.pick(this.live.filter(({ message, zombie }) => message && !zombie));
    if (!victim?.message) return false;
    victim.zombie = true;
    this.waiting.push(victim.message);
    return this.suspend(victim);
  }

  /** A process that gets no processor for a while. */
  suspendOne(): boolean {
    return this.suspend(this.pick(this.live));
  }

  repeatMessage(): boolean {
    const message = this.pick(this.waiting);
    if (message) this.waiting.push(message);
    return message !== undefined;
  }

  async letOneStep(): Promise<void> {
    const one = this.pick(this.live.filter(({ pausedUntil }) => pausedUntil <= this.stepNumber));
    if (!one) return;
    if (this.now - one.since > (one.endsWithin ?? Infinity)) this.kill(one);
    else if (await one.task.step(this.refusal())) this.end(one);
  }

  private kill(victim: Live<M> | undefined): boolean {
    if (!victim) return false;
    this.live = this.live.filter((other) => other !== victim);
    this.giveBack(victim);
    return true;
  }

  private suspend(victim: Live<M> | undefined): boolean {
    if (victim) victim.pausedUntil = this.stepNumber + this.below(this.options.longestNap);
    return victim !== undefined;
  }

  private refusal(): InjectedFault | undefined {
    const { refusals = 0 } = this.options;
    return refusals > 0 && this.faulty && this.chance(refusals) ? new InjectedFault('the store is away') : undefined;
  }

  private end(one: Live<M>): void {
    this.live = this.live.filter((other) => other !== one);
    const { error } = one.task;
    if (error instanceof InjectedFault) this.giveBack(one);
    else if (error) this.failures.push(`handler failed: ${error.message}`);
  }

  private giveBack({ message, zombie }: Live<M>): void {
    if (message && !zombie && !this.options.ackEarly) this.waiting.push(message);
  }
}
