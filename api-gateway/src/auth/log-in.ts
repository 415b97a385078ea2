import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { users } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import { AuditTrail } from '../audit/audit-trail';
import { UsersClient } from '../clients.module';
import { Limits, rateLimited } from '../rate-limit/limits';
import { Sessions } from './sessions';
import { type TokenPair, Tokens } from './tokens';

export interface ClientInfo {
  readonly ip: string;
  readonly userAgent: string;
}

export interface SignedIn extends TokenPair {
  readonly user: users.User;
}

@Injectable()
export class LogIn {
  constructor(
    private readonly users: UsersClient,
    private readonly limits: Limits,
    private readonly sessions: Sessions,
    private readonly tokens: Tokens,
    private readonly trail: AuditTrail,
  ) {}

  async execute(credentials: { email: string; password: string }, client: ClientInfo): Promise<SignedIn> {
    const account = accountKey(credentials.email);
    await this.limits.requireLeft('LOGIN_ACCOUNT', account);
    const user = await this.verify(credentials, account, client);
    // Asked again: guesses sent in parallel must not get in after their account has been closed.
    await this.limits.requireLeft('LOGIN_ACCOUNT', account);
    const session = await this.sessions.open({ user, ...client });
    this.trail.recordSecurity({
      action: 'session.opened',
      actor: user.id,
      target: `user:${user.id}`,
      ip: client.ip,
      details: { sessionId: session.sessionId },
    });
    return { ...this.tokens.issue(session), user };
  }

  private async verify(
    credentials: { email: string; password: string },
    account: string,
    { ip }: ClientInfo,
  ): Promise<users.User> {
    try {
      return await this.users.verifyCredentials(credentials);
    } catch (error) {
      if (!(error instanceof DomainError) || error.reason !== 'INVALID_CREDENTIALS') throw error;
      this.trail.recordSecurity({ action: 'login.refused', actor: '', target: `account:${account}`, ip });
      const failures = await this.limits.consume('LOGIN_ACCOUNT', account);
      if (failures?.exceeded) throw rateLimited(failures.resetMs);
      throw error;
    }
  }
}

/** Addresses are personal data, so the counter's name has only their hash. */
function accountKey(email: string): string {
  return createHash('sha256').update(email.trim().toLowerCase()).digest('hex').slice(0, 32);
}
