import { postgresOptions } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import type { UsersConfig } from './config';
import { CreateUsers1700000000000 } from './migrations/1700000000000-create-users';

export function usersDatabase(config: Pick<UsersConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'>): DataSource {
  return new DataSource(
    postgresOptions({
      app: 'users-service',
      url: config.DATABASE_URL,
      poolSize: config.DATABASE_POOL_SIZE,
      migrations: [CreateUsers1700000000000],
    }),
  );
}
