import { Injectable } from '@nestjs/common';
import { AuditTrail } from '../audit/audit-trail';
import type { SignedInUser } from './access';
import { Sessions } from './sessions';

@Injectable()
export class LogOut {
  constructor(
    private readonly sessions: Sessions,
    private readonly trail: AuditTrail,
  ) {}

  async here(user: SignedInUser, ip: string): Promise<void> {
    await this.sessions.logOut(user);
    this.record(user.id, ip, user.sessionId);
  }

  async everywhere(user: SignedInUser, ip: string): Promise<void> {
    await this.sessions.endAll(user.id);
    this.record(user.id, ip, 'all');
  }

  /** @throws DomainError NOT_FOUND when the session is not this user's. */
  async elsewhere(user: SignedInUser, ip: string, sessionId: string): Promise<void> {
    await this.sessions.endOne(user.id, sessionId);
    this.record(user.id, ip, sessionId);
  }

  private record(userId: string, ip: string, sessionId: string): void {
    const action = 'session.ended';
    this.trail.recordSecurity({ action, actor: userId, target: `user:${userId}`, ip, details: { sessionId } });
  }
}
