import { loadConfig, migrate, runCommand, withDatabase } from '@shop/service-kit';
import { UsersConfig } from './config';
import { usersDatabase } from './database';
import { PersonalData } from './personal-data/personal-data';
import { UsersRepository } from './users/users.repository';

const config = loadConfig(UsersConfig);
// For a backup of an older version, which is loaded before the later migrations run.
const until = process.argv[2];

runCommand('users-service migrations', () =>
  withDatabase(usersDatabase(config), async (database) => {
    const steps = await migrate(database, until);
    if (!until) await new UsersRepository(database, new PersonalData(config)).proveKeys();
    return `${steps} run`;
  }),
);
