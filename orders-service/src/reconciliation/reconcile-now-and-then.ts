import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { askedGauge, Poller } from '@shop/service-kit';
import { OrdersConfig } from '../config';
import type { Drift } from './drift';
import { DriftsRepository } from './drifts.repository';
import { MendDrift } from './mend-drift';
import { Reconcile } from './reconcile';
import { TellOfDrift } from './tell-of-drift';

/** One replica at a time compares what has changed since the last round, mends what is safe, and shows the rest. */
@Injectable()
export class ReconcileNowAndThen implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly rounds: Poller;

  constructor(
    private readonly config: OrdersConfig,
    private readonly reconciling: Reconcile,
    private readonly known: DriftsRepository,
    private readonly mending: MendDrift,
    private readonly tell: TellOfDrift,
  ) {
    const run = () => this.round();
    this.rounds = new Poller({ name: 'reconcile', everyMs: config.RECONCILE_INTERVAL, logger: tell.logger, run });
  }

  onApplicationBootstrap(): void {
    askedGauge({
      name: 'shop_drift',
      help: 'Orders, products and payments that disagree with each other, by kind',
      label: 'kind',
      freshForMs: 0,
      read: async () => (await this.known.standing()).counts,
    });
    askedGauge({
      name: 'shop_reconciled_timestamp_seconds',
      help: 'When orders, stock and payments were last compared to the end',
      freshForMs: 0,
      read: async () => {
        const { endedAt } = await this.known.standing();
        return endedAt && endedAt.getTime() / 1000;
      },
    });
    this.rounds.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.rounds.stop(this.config.patienceMs);
  }

  /** Nothing when another replica has the round, or it is not due. */
  async round(): Promise<void> {
    const scope = await this.known.takeRound(this.config.RECONCILE_INTERVAL);
    if (!scope) return;
    const findings = await this.reconciling.execute(scope);
    this.tell.found(await this.known.keep(findings, false));
    for (const drift of findings.drifts.filter(({ mend }) => mend)) this.tell.mended(drift, await this.tried(drift));
  }

  private async tried(drift: Drift): Promise<boolean> {
    return this.mending.execute(drift).catch((error: unknown) => this.tell.failed(drift, error));
  }
}
