import { Injectable } from '@nestjs/common';
import { Passwords } from '../passwords/passwords';
import { AccountChanges } from './account-changes';
import type { RegisterUserDto } from './user.dto';
import type { UserRow } from './user-row';
import { UsersRepository } from './users.repository';

@Injectable()
export class RegisterUser {
  constructor(
    private readonly changes: AccountChanges,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /** @throws DomainError EMAIL_TAKEN, VALIDATION_FAILED for a bad password. */
  async execute({ email, password, name }: RegisterUserDto): Promise<UserRow> {
    const passwordHash = await this.passwords.hash(password, { email, name });
    return this.changes.commit(async (transaction, changes) => {
      const user = await this.users.insert(transaction, { email, name, password_hash: passwordHash, role: 'customer' });
      const acts = [{ action: 'user.registered', securityEvent: 'account_registered' }] as const;
      changes.push({ userId: user.id, at: user.updated_at, acts, event: { type: 'user.registered' } });
      return user;
    });
  }
}
