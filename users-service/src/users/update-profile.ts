import { Injectable } from '@nestjs/common';
import { currentUser, DomainError } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { Passwords } from '../passwords/passwords';
import { recordChange } from './record-change';
import type { UpdateProfileDto } from './user.dto';
import { type UserChanges, type UserRow, UsersRepository } from './users.repository';

@Injectable()
export class UpdateProfile {
  constructor(
    private readonly database: DataSource,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /** @throws DomainError INVALID_CURRENT_PASSWORD, EMAIL_TAKEN, VALIDATION_FAILED, NOT_FOUND for anybody else's account. */
  async execute(wanted: UpdateProfileDto): Promise<UserRow> {
    if (wanted.id !== currentUser().id) throw new DomainError('NOT_FOUND');
    const user = await this.users.get(wanted.id);
    await this.prove(user, wanted);
    const changes = await this.changesOf(wanted);
    if (Object.keys(changes).length === 0) return user;
    return this.database.transaction(async (transaction) => {
      const changed = await this.users.update(transaction, user, changes);
      const passwordChanged = changes.password_hash !== undefined;
      await recordChange(transaction, {
        userId: user.id,
        actions: actionsOf(changes),
        event: { type: 'user.updated', data: { passwordChanged, disabled: changed.disabled } },
      });
      return changed;
    });
  }

  private async prove(user: UserRow, { email, password, currentPassword }: UpdateProfileDto): Promise<void> {
    if (email === undefined && password === undefined) return;
    const proven = currentPassword && (await this.passwords.verify(currentPassword, user.password_hash));
    if (!proven) throw new DomainError('INVALID_CURRENT_PASSWORD');
  }

  private async changesOf({ name, email, password }: UpdateProfileDto): Promise<UserChanges> {
    return {
      ...(name === undefined ? {} : { name }),
      ...(email === undefined ? {} : { email }),
      ...(password === undefined ? {} : { password_hash: await this.passwords.hash(password) }),
    };
  }
}

function actionsOf(changes: UserChanges): string[] {
  const profile = changes.name !== undefined || changes.email !== undefined;
  return [...(profile ? ['user.profile_changed'] : []), ...(changes.password_hash ? ['user.password_changed'] : [])];
}
