import { loadConfig, migrate, runCommand, withDatabase } from '@shop/service-kit';
import { UsersConfig } from './config';
import { usersDatabase } from './database';

runCommand('users-service migrations', () =>
  withDatabase(usersDatabase(loadConfig(UsersConfig)), async (database) => `${await migrate(database)} run`),
);
