import { availableParallelism } from 'node:os';
import { type DynamicModule, Module } from '@nestjs/common';
import { KitModule, postgresProviders } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { AuditRepository } from './audit/audit.repository';
import { RecordAudit } from './audit/record-audit';
import type { UsersConfig } from './config';
import { usersDatabase } from './database';
import { BoundedQueue } from './passwords/bounded-queue';
import { Passwords } from './passwords/passwords';
import { PersonalData } from './personal-data/personal-data';
import { AccountChanges } from './users/account-changes';
import { EraseUser } from './users/erase-user';
import { RegisterUser } from './users/register-user';
import { SetUserAccess } from './users/set-user-access';
import { UpdateProfile } from './users/update-profile';
import { UserWrites } from './users/user-writes';
import { UsersController } from './users/users.controller';
import { UsersRepository } from './users/users.repository';
import { UsersViewController } from './users/users-view.controller';
import { VerifyCredentials } from './users/verify-credentials';

const WRITES = [RegisterUser, VerifyCredentials, UpdateProfile, SetUserAccess, EraseUser, RecordAudit, UserWrites];

@Module({})
export class AppModule {
  static forRoot(config: Readonly<UsersConfig>): DynamicModule {
    // One core stays free, so that a flood of sign-ins does not stop everything else.
    const hashing = new BoundedQueue(Math.max(1, availableParallelism() - 1));
    return {
      module: AppModule,
      imports: [KitModule.forRoot({ name: 'users-service', config })],
      controllers: [UsersController, UsersViewController],
      providers: [
        ...postgresProviders(DataSource, () => usersDatabase(config)),
        { provide: Passwords, useValue: new Passwords(config, hashing) },
        { provide: PersonalData, useValue: new PersonalData(config) },
        AccountChanges,
        UsersRepository,
        AuditRepository,
        ...WRITES,
      ],
    };
  }
}
