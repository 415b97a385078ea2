import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { OrdersConfig } from '../config';
import { Rounds } from '../rounds';
import { PayRefunds } from './pay-refunds';
import { ResolveUnknownPayments } from './resolve-unknown-payments';

/** Payments without an outcome and refunds that are owed. Each goes its own rounds: a slow provider holds up only itself. */
@Injectable()
export class ResumePayments implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: readonly Rounds[];

  constructor(
    private readonly config: OrdersConfig,
    database: DataSource,
    unknown: ResolveUnknownPayments,
    refunds: PayRefunds,
    logger: Logger,
  ) {
    this.rounds = [
      new Rounds([['resolve unknown payments', () => unknown.execute()]], database, logger),
      new Rounds([['pay refunds', () => refunds.execute()]], database, logger),
    ];
  }

  onApplicationBootstrap(): void {
    for (const rounds of this.rounds) rounds.start(this.config.SAGA_RECOVERY_INTERVAL);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.rounds.map((rounds) => rounds.stop(this.config.patienceMs)));
  }
}
