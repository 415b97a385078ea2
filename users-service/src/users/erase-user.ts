import { Injectable } from '@nestjs/common';
import { DomainError } from '@shop/service-kit';
import { forgetAddressesOf } from '../audit/audit.repository';
import { Passwords } from '../passwords/passwords';
import { AccountChanges } from './account-changes';
import { requireSelfOrAdmin } from './own-account';
import type { EraseUserDto } from './user.dto';
import { UsersRepository } from './users.repository';

@Injectable()
export class EraseUser {
  constructor(
    private readonly changes: AccountChanges,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /** @throws DomainError INVALID_CURRENT_PASSWORD for oneself without proof, NOT_FOUND for others unless an admin. */
  async execute({ id, currentPassword }: EraseUserDto): Promise<void> {
    const actor = requireSelfOrAdmin(id);
    const user = await this.users.get(id);
    if (actor.id === id) {
      const proven = currentPassword && (await this.passwords.verify(currentPassword, user.password_hash));
      if (!proven) throw new DomainError('INVALID_CURRENT_PASSWORD');
    }
    await this.changes.commit(async (transaction, changes) => {
      const at = await this.users.erase(transaction, id);
      if (!at) return;
      await forgetAddressesOf(id, transaction);
      const acts = [{ action: 'user.erased', securityEvent: 'account_erased' }] as const;
      changes.push({ userId: id, at, acts, event: { type: 'user.erased' } });
    });
  }
}
