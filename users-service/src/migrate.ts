import { migrate, runCommand, withDatabase } from '@shop/service-kit';
import { readUsersConfig } from './config';
import { usersDatabase } from './database';

runCommand('users-service migrations', () =>
  withDatabase(usersDatabase(readUsersConfig()), async (database) => `${await migrate(database)} run`),
);
