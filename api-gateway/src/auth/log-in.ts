import { Injectable } from '@nestjs/common';
import type { users } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import { AuditTrail } from '../audit/audit-trail';
import { UsersClient } from '../clients.module';
import { type Attempt, LoginFailures } from './login-failures';
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
    private readonly failures: LoginFailures,
    private readonly sessions: Sessions,
    private readonly tokens: Tokens,
    private readonly trail: AuditTrail,
  ) {}

  async execute(credentials: { email: string; password: string }, client: ClientInfo): Promise<SignedIn> {
    const attempt = await this.failures.admit(credentials.email, client.ip);
    const user = await this.verify(credentials, attempt, client);
    // Asked again: guesses sent in parallel must not get in after their account has been closed.
    await this.failures.requireLeft(attempt);
    const session = await this.sessions.open({ user, ...client });
    await this.failures.remember(attempt);
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
    attempt: Attempt,
    { ip }: ClientInfo,
  ): Promise<users.User> {
    try {
      return await this.users.verifyCredentials(credentials);
    } catch (error) {
      if (!(error instanceof DomainError) || error.reason !== 'INVALID_CREDENTIALS') throw error;
      this.trail.recordSecurity({ action: 'login.refused', actor: '', target: `account:${attempt.account}`, ip });
      await this.failures.count(attempt);
      throw error;
    }
  }
}
