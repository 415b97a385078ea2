import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { isSettled, type OrderStatus } from './order-process';

const POLL_MS = 50;

/** Waiting works on any replica: all waiters of a process share one query every 50 ms, and a local change wakes at once. */
@Injectable()
export class WaitForOutcome implements OnApplicationShutdown {
  private readonly waiting = new Map<string, Set<() => void>>();
  private timer?: NodeJS.Timeout;

  constructor(private readonly database: DataSource) {}

  /** Resolves when the order has its outcome, or at `giveUpAt` (epoch ms). */
  async settled(orderId: string, giveUpAt: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timeout = setTimeout(done, Math.max(0, giveUpAt - Date.now()));
      const waiters = this.waiting.get(orderId) ?? new Set();
      const self = this.waiting;
      waiters.add(done);
      this.waiting.set(orderId, waiters);
      this.keepPolling();
      function done(): void {
        clearTimeout(timeout);
        waiters.delete(done);
        if (waiters.size === 0) self.delete(orderId);
        resolve();
      }
    });
  }

  /** The order has its outcome; whoever waits for it here need not wait for the next poll. */
  nudge(orderId: string): void {
    for (const done of [...(this.waiting.get(orderId) ?? [])]) done();
  }

  /** The servers have answered whom they could: nobody listens to the rest, and no timer holds up the process. */
  onApplicationShutdown(): void {
    clearTimeout(this.timer);
    for (const orderId of [...this.waiting.keys()]) this.nudge(orderId);
  }

  private keepPolling(): void {
    this.timer ??= setTimeout(() => void this.poll(), POLL_MS);
  }

  private async poll(): Promise<void> {
    try {
      const rows = await this.database.query<{ id: string; status: OrderStatus }[]>(
        'SELECT id, status FROM orders WHERE id = ANY($1::uuid[])',
        [[...this.waiting.keys()]],
      );
      for (const { id, status } of rows) if (isSettled(status)) this.nudge(id);
    } catch {
      // The database is away: the waiters' own patience ends the wait.
    } finally {
      this.timer = undefined;
      if (this.waiting.size > 0) this.keepPolling();
    }
  }
}
