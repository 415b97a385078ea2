import { Injectable } from '@nestjs/common';
import type { users } from '@shop/proto';
import { DomainError } from '@shop/service-kit';
import type { SignedInUser } from '../auth/access';
import { Sessions } from '../auth/sessions';
import { UsersClient } from '../clients.module';
import { Limits } from '../rate-limit/limits';
import type { SetAccessDto, UpdateMeDto } from './user-requests';

/** Changes of an account that its live sessions must know of before they are answered. */
@Injectable()
export class ChangeAccount {
  constructor(
    private readonly users: UsersClient,
    private readonly sessions: Sessions,
    private readonly limits: Limits,
  ) {}

  /** A new password ends all sessions but the one that asked. */
  async updateMe({ id, sessionId }: SignedInUser, changes: UpdateMeDto): Promise<users.User> {
    const { name, email, password, currentPassword } = changes;
    if (password !== undefined) await this.sessions.expectPasswordChange(sessionId);
    const update = () => this.users.updateProfile({ id, name, email, password, currentPassword });
    const user = currentPassword === undefined ? await update() : await this.guessing(id, update);
    if (password !== undefined) await this.sessions.endForNewPassword(user, sessionId);
    return user;
  }

  /** @throws DomainError CANNOT_CHANGE_SELF, NOT_FOUND. */
  async setAccess(admin: SignedInUser, id: string, { role, disabled }: SetAccessDto): Promise<users.User> {
    if (role === undefined && disabled === undefined) {
      const fields = [{ field: 'role', message: 'role or disabled must be given' }];
      throw new DomainError('VALIDATION_FAILED', { fields });
    }
    if (admin.id === id) throw new DomainError('CANNOT_CHANGE_SELF');
    const user = await this.users.setUserAccess({ id, role, disabled });
    // What it is now, not what was asked: a repeated request also mends sessions that a first one could not reach.
    await this.sessions.changeAccess(user, { role: user.role, disabled: user.disabled });
    return user;
  }

  async eraseMe({ id }: SignedInUser, currentPassword: string): Promise<void> {
    await this.guessing(id, () => this.users.eraseUser({ id, currentPassword }));
    await this.sessions.endForErasure(id);
  }

  /** An admin's own account needs its password, so it is not erased this way. @throws DomainError CANNOT_CHANGE_SELF, NOT_FOUND. */
  async erase(admin: SignedInUser, id: string): Promise<void> {
    if (admin.id === id) throw new DomainError('CANNOT_CHANGE_SELF');
    await this.users.eraseUser({ id });
    await this.sessions.endForErasure(id);
  }

  // Who has stolen a session may try passwords no more often than who has none.
  private async guessing<T>(id: string, work: () => Promise<T>): Promise<T> {
    const key = `current-password|${id}`;
    await this.limits.requireLeft('LOGIN_ACCOUNT', key);
    try {
      return await work();
    } catch (error) {
      if (error instanceof DomainError && error.reason === 'INVALID_CURRENT_PASSWORD')
        await this.limits.consume('LOGIN_ACCOUNT', key);
      throw error;
    }
  }
}
