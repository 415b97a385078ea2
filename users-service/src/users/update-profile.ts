import { Injectable } from '@nestjs/common';
import { DomainError } from '@shop/service-kit';
import { Passwords } from '../passwords/passwords';
import { type AccountChange, AccountChanges } from './account-changes';
import { requireSelfOrAdmin } from './own-account';
import type { UpdateProfileDto } from './user.dto';
import type { UserRow } from './user-row';
import { type UserChanges, UsersRepository } from './users.repository';

@Injectable()
export class UpdateProfile {
  constructor(
    private readonly changes: AccountChanges,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /**
   * A new email or password needs the account's present password, whoever asks: an admin's right is not a way in.
   * @throws DomainError INVALID_CURRENT_PASSWORD, EMAIL_TAKEN, VALIDATION_FAILED, NOT_FOUND for anybody else's account.
   */
  async execute(wanted: UpdateProfileDto): Promise<UserRow> {
    requireSelfOrAdmin(wanted.id);
    const user = await this.users.get(wanted.id);
    const changes = differences(user, wanted);
    const needsProof = changes.email !== undefined || wanted.password !== undefined;
    if (needsProof) await this.prove(user, wanted.currentPassword);
    if (wanted.password !== undefined)
      changes.password_hash = await this.passwords.hash(wanted.password, { ...user, ...changes });
    if (Object.keys(changes).length === 0) return user;
    return this.save(user, changes, needsProof);
  }

  private async prove(user: UserRow, currentPassword?: string): Promise<void> {
    const proven = currentPassword && (await this.passwords.verify(currentPassword, user.password_hash));
    if (!proven) throw new DomainError('INVALID_CURRENT_PASSWORD');
  }

  private save(user: UserRow, changes: UserChanges, proven: boolean): Promise<UserRow> {
    return this.changes.commit(async (transaction, done) => {
      const seen = { id: user.id, provenHash: proven ? user.password_hash : undefined };
      const changed = await this.users.update(transaction, seen, changes);
      // Erased, or the password has just been changed by somebody else with this account.
      if (!changed) throw new DomainError(proven ? 'INVALID_CURRENT_PASSWORD' : 'NOT_FOUND');
      const data = { passwordChanged: changes.password_hash !== undefined, disabled: changed.disabled };
      const event = { type: 'user.updated', data };
      done.push({ userId: user.id, at: changed.updated_at, acts: actsOf(changes), event });
      return changed;
    });
  }
}

function differences(user: UserRow, { name, email }: UpdateProfileDto): UserChanges {
  return {
    ...(name === undefined || name === user.name ? {} : { name }),
    ...(email === undefined || email === user.email ? {} : { email }),
  };
}

function actsOf({ name, email, password_hash }: UserChanges): AccountChange['acts'] {
  const changed = [...(email === undefined ? [] : ['email']), ...(name === undefined ? [] : ['name'])];
  const details = { changed: changed.join(', ') };
  const securityEvent = email === undefined ? undefined : 'email_changed';
  return [
    ...(changed.length > 0 ? [{ action: 'user.profile_changed', securityEvent, details } as const] : []),
    ...(password_hash ? [{ action: 'user.password_changed', securityEvent: 'password_changed' } as const] : []),
  ];
}
