import { Injectable } from '@nestjs/common';
import { DomainError, Logger } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { Passwords } from '../passwords/passwords';
import type { VerifyCredentialsDto } from './user.dto';
import { type UserRow, UsersRepository } from './users.repository';

@Injectable()
export class VerifyCredentials {
  constructor(
    private readonly database: DataSource,
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly logger: Logger,
  ) {}

  /** @throws DomainError INVALID_CREDENTIALS, alike in text and time for unknown, wrong and disabled. */
  async execute({ email, password }: VerifyCredentialsDto): Promise<UserRow> {
    const user = await this.users.findByEmail(email);
    const matches = user
      ? await this.passwords.verify(password, user.password_hash)
      : await this.passwords.verifyNobody(password);
    if (!user || !matches || user.disabled) throw new DomainError('INVALID_CREDENTIALS');
    if (this.passwords.isOutdated(user.password_hash)) await this.rehash(user, password);
    return user;
  }

  // Signing in must not fail because the better hash could not be stored this time.
  private async rehash(user: UserRow, password: string): Promise<void> {
    try {
      const passwordHash = await this.passwords.hash(password);
      await this.users.update(this.database.manager, user, { password_hash: passwordHash });
    } catch (error) {
      this.logger.warn({ err: error, user: user.id }, 'password not rehashed');
    }
  }
}
