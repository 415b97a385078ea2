import { Injectable } from '@nestjs/common';
import { DomainError, requireAdmin } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { recordChange } from './record-change';
import type { SetUserAccessDto } from './user.dto';
import { type UserRow, UsersRepository } from './users.repository';

@Injectable()
export class SetUserAccess {
  constructor(
    private readonly database: DataSource,
    private readonly users: UsersRepository,
  ) {}

  /** @throws DomainError FORBIDDEN, CANNOT_CHANGE_SELF, NOT_FOUND. */
  async execute({ id, role, disabled }: SetUserAccessDto): Promise<UserRow> {
    if (requireAdmin().id === id) throw new DomainError('CANNOT_CHANGE_SELF');
    const user = await this.users.get(id);
    return this.database.transaction(async (transaction) => {
      const changed = await this.users.update(transaction, user, { role, disabled });
      if (changed.role !== user.role) {
        const event = { type: 'user.role_changed', data: { role: changed.role } };
        await recordChange(transaction, { userId: id, actions: ['user.role_changed'], event });
      }
      if (changed.disabled !== user.disabled) {
        const event = { type: 'user.updated', data: { passwordChanged: false, disabled: changed.disabled } };
        const actions = [changed.disabled ? 'user.disabled' : 'user.enabled'];
        await recordChange(transaction, { userId: id, actions, event });
      }
      return changed;
    });
  }
}
