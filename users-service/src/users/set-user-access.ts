import { Injectable } from '@nestjs/common';
import { DomainError, requireAdmin } from '@shop/service-kit';
import { type AccountChange, AccountChanges } from './account-changes';
import type { SetUserAccessDto } from './user.dto';
import type { UserRow } from './user-row';
import { UsersRepository } from './users.repository';

const DISABLED = { action: 'user.disabled', securityEvent: 'account_disabled' } as const;
const ENABLED = { action: 'user.enabled', securityEvent: 'account_enabled' } as const;

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
    return this.changes.commit(async (transaction, changes) => {
      const accounts = await this.users.lock(transaction, [actor.id, id]);
      // Two admins who demote each other at the same moment: the second is none any more.
      if (!isStillAdmin(accounts.get(actor.id))) throw new DomainError('FORBIDDEN');
      const before = accounts.get(id);
      if (!before) throw new DomainError('NOT_FOUND');
      const same = (role ?? before.role) === before.role && (disabled ?? before.disabled) === before.disabled;
      if (same) return before;
      const after = await this.users.update(transaction, { id }, { role, disabled });
      if (!after) throw new DomainError('NOT_FOUND');
      changes.push(...differences(before, after));
      return after;
    });
  }
}

// An actor without an account here can only have been named by the gateway itself.
function isStillAdmin(actor?: UserRow): boolean {
  return !actor || (actor.role === 'admin' && !actor.disabled);
}

function differences(before: UserRow, after: UserRow): AccountChange[] {
  const { id: userId, updated_at: at, role, disabled } = after;
  const changes: AccountChange[] = [];
  if (role !== before.role) {
    const details = { from: before.role, to: role };
    const acts = [{ action: 'user.role_changed', securityEvent: 'role_changed', details }] as const;
    changes.push({ userId, at, acts, event: { type: 'user.role_changed', data: { role } } });
  }
  if (disabled !== before.disabled) {
    const event = { type: 'user.updated', data: { passwordChanged: false, disabled } };
    changes.push({ userId, at, acts: [disabled ? DISABLED : ENABLED], event });
  }
  return changes;
}
