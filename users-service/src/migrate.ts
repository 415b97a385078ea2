import { loadConfig, migrate, runCommand, withDatabase } from '@shop/service-kit';
import { UsersConfig } from './config';
import { usersDatabase } from './database';
import { PersonalData } from './personal-data/personal-data';
import { UsersRepository } from './users/users.repository';

const config = loadConfig(UsersConfig);

runCommand('users-service migrations', () =>
  withDatabase(usersDatabase(config), async (database) => {
    const steps = await migrate(database);
    await new UsersRepository(database, new PersonalData(config)).proveKeys();
    return `${steps} run`;
  }),
);
