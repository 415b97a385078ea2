import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Logger, requestContext } from '@shop/service-kit';
import { UsersClient } from '../clients.module';

export interface SecurityEntry {
  readonly action: 'session.opened' | 'session.ended' | 'login.refused' | 'refresh.reused';
  /** The user's id; empty for somebody not known. */
  readonly actor: string;
  readonly target: string;
  readonly ip: string;
  readonly details?: Record<string, string>;
}

const MAX_UNDER_WAY = 100;

/** Tells users-service's audit trail what happened at the door. Nobody waits for it and nothing fails with it; the log has it too. */
@Injectable()
export class SecurityTrail {
  private underWay = 0;

  constructor(
    private readonly users: UsersClient,
    private readonly logger: Logger,
  ) {}

  record(entry: SecurityEntry): void {
    const { action, actor, target } = entry;
    this.logger.info({ audit: action, actor, target }, action);
    if (this.underWay >= MAX_UNDER_WAY)
      return this.logger.warn({ audit: action }, 'audit trail is behind, only logged');
    this.underWay++;
    void this.send(entry).finally(() => this.underWay--);
  }

  private async send(entry: SecurityEntry): Promise<void> {
    const requestId = requestContext()?.requestId ?? '';
    const record = { details: {}, ...entry, id: randomUUID(), at: new Date().toISOString(), requestId };
    try {
      await this.users.recordAudit({ record });
    } catch (error) {
      this.logger.warn({ err: error, audit: entry.action }, 'audit trail not reached, only logged');
    }
  }
}
