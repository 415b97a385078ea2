import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import { Rounds } from '../rounds';
import { PayRefunds } from './pay-refunds';
import { ResolveUnknownPayments } from './resolve-unknown-payments';
import { WarnOfOtherProviders } from './warn-of-other-providers';

/** Payments without an outcome, and refunds that are owed. */
@Injectable()
export class ResumePayments implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly config: OrdersConfig,
    unknown: ResolveUnknownPayments,
    refunds: PayRefunds,
    others: WarnOfOtherProviders,
    logger: Logger,
  ) {
    this.rounds = new Rounds({
      everyMs: config.SAGA_RECOVERY_INTERVAL,
      logger,
      steps: {
        'resolve unknown payments': () => unknown.execute(),
        'pay refunds': () => refunds.execute(),
        'look for payments of other providers': () => others.once(),
      },
    });
  }

  onApplicationBootstrap(): void {
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop(this.config.patienceMs);
  }
}
