import { Injectable } from '@nestjs/common';
import { currentUser, DomainError } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { Passwords } from '../passwords/passwords';
import { recordChange } from './record-change';
import type { EraseUserDto } from './user.dto';
import { UsersRepository } from './users.repository';

@Injectable()
export class EraseUser {
  constructor(
    private readonly database: DataSource,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /** @throws DomainError INVALID_CURRENT_PASSWORD for oneself without proof, NOT_FOUND for others unless an admin. */
  async execute({ id, currentPassword }: EraseUserDto): Promise<void> {
    const actor = currentUser();
    if (actor.id !== id && actor.role !== 'admin') throw new DomainError('NOT_FOUND');
    const user = await this.users.get(id);
    if (actor.id === id) {
      const proven = currentPassword && (await this.passwords.verify(currentPassword, user.password_hash));
      if (!proven) throw new DomainError('INVALID_CURRENT_PASSWORD');
    }
    await this.database.transaction(async (transaction) => {
      if (!(await this.users.erase(transaction, id))) return;
      await recordChange(transaction, {
        userId: id,
        actions: ['user.erased'],
        event: { type: 'user.erased', data: {} },
      });
    });
  }
}
