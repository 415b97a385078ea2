import { availableParallelism } from 'node:os';
import { type DynamicModule, Module } from '@nestjs/common';
import { EventBus, Health, KitModule, Logger, OutboxRelay, PostgresConnection } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import { AuditRepository } from './audit/audit.repository';
import type { UsersConfig } from './config';
import { usersDatabase } from './database';
import { BoundedQueue } from './passwords/bounded-queue';
import { Passwords } from './passwords/passwords';
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

const WRITES = [RegisterUser, VerifyCredentials, UpdateProfile, SetUserAccess, EraseUser, UserWrites];

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
        { provide: DataSource, useFactory: () => usersDatabase(config) },
        { provide: Passwords, useValue: new Passwords(config, hashing) },
        {
          provide: PostgresConnection,
          inject: [DataSource, Logger, Health],
          useFactory: (database: DataSource, logger: Logger, health: Health) =>
            new PostgresConnection(database, logger, health),
        },
        {
          provide: OutboxRelay,
          inject: [DataSource, EventBus, Logger],
          useFactory: (database: DataSource, bus: EventBus, logger: Logger) => new OutboxRelay(database, bus, logger),
        },
        AccountChanges,
        UsersRepository,
        AuditRepository,
        ...WRITES,
      ],
    };
  }
}
