import { Injectable } from '@nestjs/common';
import { DomainError, Logger } from '@shop/service-kit';
import { Passwords } from '../passwords/passwords';
import type { VerifyCredentialsDto } from './user.dto';
import type { UserRow } from './user-row';
import { UsersRepository } from './users.repository';

@Injectable()
export class VerifyCredentials {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
    private readonly logger: Logger,
  ) {}

  /** @throws DomainError INVALID_CREDENTIALS, alike in text and time for unknown, wrong and disabled. */
  async execute({ email, password }: VerifyCredentialsDto): Promise<UserRow> {
    const user = await this.users.findByEmail(email);
    const matches = await this.passwords.verify(password, user?.password_hash);
    if (!user || !matches || user.disabled) {
      this.logger.security('credentials_refused', { userId: user?.id, disabled: user?.disabled });
      throw new DomainError('INVALID_CREDENTIALS');
    }
    this.logger.info({ userId: user.id }, 'credentials verified');
    // Nobody waits for the second hash.
    if (this.passwords.isOutdated(user.password_hash, password)) void this.rehash(user, password);
    return user;
  }

  private async rehash(user: UserRow, password: string): Promise<void> {
    try {
      await this.users.replaceHash(user, await this.passwords.rehash(password));
    } catch (error) {
      this.logger.warn({ err: error, userId: user.id }, 'password not rehashed; at the next sign-in again');
    }
  }
}
