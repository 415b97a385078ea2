import { Injectable } from '@nestjs/common';
import { DomainError, requireAdmin } from '@shop/service-kit';
import type { EntityManager } from 'typeorm';
import { AccountChanges, recordChange } from './account-changes';
import type { SetUserAccessDto } from './user.dto';
import type { UserRow } from './user-row';
import { UsersRepository } from './users.repository';

@Injectable()
export class SetUserAccess {
  constructor(
    private readonly changes: AccountChanges,
    private readonly users: UsersRepository,
  ) {}

  /** @throws DomainError FORBIDDEN, CANNOT_CHANGE_SELF, NOT_FOUND. */
  async execute({ id, role, disabled }: SetUserAccessDto): Promise<UserRow> {
    const actor = requireAdmin();
    if (actor.id === id) throw new DomainError('CANNOT_CHANGE_SELF');
    return this.changes.commit(async (transaction) => {
      const accounts = await this.users.lock(transaction, [actor.id, id]);
      // Two admins who demote each other at the same moment: the second is none any more.
      if (!isStillAdmin(accounts.get(actor.id))) throw new DomainError('FORBIDDEN');
      const before = accounts.get(id);
      if (!before) throw new DomainError('NOT_FOUND');
      const same = (role ?? before.role) === before.role && (disabled ?? before.disabled) === before.disabled;
      if (same) return before;
      const after = await this.users.update(transaction, { id }, { role, disabled });
      if (!after) throw new DomainError('NOT_FOUND');
      await recordDifferences(transaction, before, after);
      return after;
    });
  }
}

// An actor without an account here can only have been named by the gateway itself.
function isStillAdmin(actor?: UserRow): boolean {
  return !actor || (actor.role === 'admin' && !actor.disabled);
}

async function recordDifferences(transaction: EntityManager, before: UserRow, after: UserRow): Promise<void> {
  const { id: userId, updated_at: at } = after;
  if (after.role !== before.role) {
    const event = { type: 'user.role_changed', data: { role: after.role } };
    await recordChange(transaction, { userId, at, actions: ['user.role_changed'], event });
  }
  if (after.disabled !== before.disabled) {
    const event = { type: 'user.updated', data: { passwordChanged: false, disabled: after.disabled } };
    await recordChange(transaction, {
      userId,
      at,
      actions: [after.disabled ? 'user.disabled' : 'user.enabled'],
      event,
    });
  }
}
