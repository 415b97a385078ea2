import { Injectable } from '@nestjs/common';
import { Logger, OutboxRelay } from '@shop/service-kit';
import { type Drift, DRIFT_KINDS, subjectOf } from './drift';

/** The log of it: a line for each drift that is new, and for each that was mended. */
@Injectable()
export class TellOfDrift {
  constructor(
    readonly logger: Logger,
    private readonly relay: OutboxRelay,
  ) {}

  found(drifts: readonly Drift[]): void {
    for (const { kind, detail, ...drift } of drifts)
      this.logger.warn({ drift: kind, subject: subjectOf(drift), detail, mend: drift.mend }, DRIFT_KINDS[kind]);
  }

  mended({ kind, mend, ...drift }: Drift, isDone: boolean): void {
    if (!isDone) return;
    this.relay.nudge();
    this.logger.warn({ drift: kind, subject: subjectOf(drift) }, `mended: ${mend}`);
  }

  failed({ kind, ...drift }: Drift, error: unknown): false {
    this.logger.error({ err: error, drift: kind, subject: subjectOf(drift) }, 'drift could not be mended');
    return false;
  }
}
