import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { DomainError, EventBus, Logger, Poller } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';

const LOOK_EVERY_MS = 1000;
const COME_AGAIN_AFTER_MS = 5000;

/**
 * Refuses new orders while more wait for stock than it can answer in their time: those would fail of their age, and what was
 * done for them would be missing for others. While the broker is away nobody is behind, and orders are taken for later.
 */
@Injectable()
export class OrderBacklog implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private isFull = false;
  private readonly look: Poller;

  constructor(
    private readonly config: OrdersConfig,
    private readonly database: DataSource,
    private readonly bus: EventBus,
    private readonly logger: Logger,
  ) {
    this.look = new Poller({ name: 'order backlog', everyMs: LOOK_EVERY_MS, logger, run: () => this.count() });
  }

  onApplicationBootstrap(): void {
    this.look.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.look.stop(this.config.patienceMs);
  }

  /** @throws DomainError UNAVAILABLE. */
  requireRoom(): void {
    if (!this.isFull || !this.bus.connected) return;
    const detail = 'More orders are waiting than can be decided soon';
    throw new DomainError('UNAVAILABLE', { detail, retryAfterMs: COME_AGAIN_AFTER_MS });
  }

  private async count(): Promise<void> {
    const most = this.config.SAGA_MAX_PENDING;
    const [row] = await this.database.query<{ pending: number }[]>(
      `SELECT count(*)::int AS pending FROM (SELECT FROM orders WHERE status = 'PENDING' LIMIT $1) waiting`,
      [most],
    );
    const isFull = row!.pending >= most;
    if (isFull && !this.isFull)
      this.logger.warn({ count: most }, 'too many orders wait for stock; new ones are refused');
    this.isFull = isFull;
  }
}
