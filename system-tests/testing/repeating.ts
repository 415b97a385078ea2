import { setTimeout as delay } from 'node:timers/promises';

/** Does each of the tasks again and again, all of them at once, until it is told to stop. */
export class Repeating {
  private isOn = true;
  private readonly work: Promise<unknown>;

  constructor(pauseMs: number, tasks: readonly (() => Promise<void>)[]) {
    this.work = Promise.all(tasks.map((task) => this.repeat(pauseMs, task)));
    // Whoever stops it is told what went wrong.
    this.work.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.isOn = false;
    await this.work;
  }

  private async repeat(pauseMs: number, task: () => Promise<void>): Promise<void> {
    for (; this.isOn; await delay(pauseMs)) await task();
  }
}
