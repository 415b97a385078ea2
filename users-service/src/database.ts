import { postgresOptions } from '@shop/service-kit';
import { DataSource } from 'typeorm';
import type { FieldKeys, UsersConfig } from './config';
import { CreateUsers1700000000000 } from './migrations/1700000000000-create-users';
import { sealPersonalData } from './migrations/1700000000001-seal-personal-data';
import { ChainAuditRecords1700000000002 } from './migrations/1700000000002-chain-audit-records';
import { PersonalData } from './personal-data/personal-data';

/** Migrations need the keys: one of them seals what was written before there were any. */
export function usersDatabase(
  config: Pick<UsersConfig, 'DATABASE_URL' | 'DATABASE_POOL_SIZE'> & FieldKeys,
): DataSource {
  return new DataSource(
    postgresOptions({
      app: 'users-service',
      url: config.DATABASE_URL,
      poolSize: config.DATABASE_POOL_SIZE,
      migrations: [
        CreateUsers1700000000000,
        sealPersonalData(new PersonalData(config)),
        ChainAuditRecords1700000000002,
      ],
    }),
  );
}
