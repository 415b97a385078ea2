import { Injectable } from '@nestjs/common';
import type { users } from '@shop/proto';
import { DomainError, requestContext } from '@shop/service-kit';
import { AuditTrail } from '../audit/audit-trail';
import { UsersClient } from '../clients.module';
import type { SignedIn } from './log-in';
import { RefreshFamily } from './refresh-family';
import { Sessions } from './sessions';
import { type RefreshClaims, Tokens } from './tokens';

@Injectable()
export class RefreshSession {
  constructor(
    private readonly users: UsersClient,
    private readonly family: RefreshFamily,
    private readonly sessions: Sessions,
    private readonly tokens: Tokens,
    private readonly trail: AuditTrail,
  ) {}

  async execute(refreshToken: string, ip: string): Promise<SignedIn> {
    const claims = this.tokens.verifyRefresh(refreshToken);
    // Before the rotation, so that an outage of users-service does not use up the token.
    const user = await this.userOf(claims);
    try {
      return { ...this.tokens.issue(await this.family.rotate(claims, user)), user };
    } catch (error) {
      if (error instanceof DomainError && error.reason === 'REFRESH_TOKEN_REUSED') {
        const { sub, sid } = claims;
        this.trail.recordSecurity({
          action: 'refresh.reused',
          actor: sub,
          target: `user:${sub}`,
          ip,
          details: { sessionId: sid },
        });
      }
      throw error;
    }
  }

  private async userOf({ sub }: RefreshClaims): Promise<users.User> {
    const context = requestContext();
    if (context) context.user = { id: sub, role: 'customer' };
    const user = await this.users.getUser({ id: sub }).catch((error: unknown) => {
      if (error instanceof DomainError && error.reason === 'NOT_FOUND') return undefined;
      throw error;
    });
    if (user && !user.disabled) return user;
    await this.sessions.endAll(sub);
    throw new DomainError('INVALID_REFRESH_TOKEN');
  }
}
