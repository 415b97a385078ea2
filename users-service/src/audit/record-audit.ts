import { Injectable } from '@nestjs/common';
import { Logger, type SecurityEvent } from '@shop/service-kit';
import type { AuditRecordDto } from './audit.dto';
import { AuditRepository } from './audit.repository';

// Operators work with programs that leave no log.
const BY_HAND: Readonly<Record<string, SecurityEvent>> = {
  'dead_letter.replayed': 'dead_letter_replayed',
  'dead_letter.dropped': 'dead_letter_dropped',
};

/** Takes down what the gateway and operators saw or did. */
@Injectable()
export class RecordAudit {
  constructor(
    private readonly audit: AuditRepository,
    private readonly logger: Logger,
  ) {}

  async execute(records: readonly AuditRecordDto[]): Promise<void> {
    await this.audit.append(records);
    for (const { action, actor, target } of records) {
      const event = BY_HAND[action];
      if (event) this.logger.security(event, { actor, target });
    }
  }
}
