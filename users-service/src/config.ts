import { EnvInt, EnvKeyRing, EnvStoreAddress, GrpcServiceConfig, type KeyRing } from '@shop/service-kit';
import { IsIn, IsNotEmpty, IsString } from 'class-validator';
import { EmailAddress } from './dto-rules';

/** What users-service reads from its environment. */
export class UsersConfig extends GrpcServiceConfig {
  /** What this service sends is sealed with it. */
  @EnvKeyRing()
  EVENT_KEY_USER: KeyRing;

  /** What is personal in a row is sealed with it. */
  @EnvKeyRing()
  FIELD_KEY: KeyRing;

  /** Sealed addresses and names are found with it. */
  @EnvKeyRing(1)
  BLIND_INDEX_KEY: KeyRing;

  @EnvStoreAddress('postgres', 'postgresql')
  DATABASE_URL: string;

  @EnvInt(1, 100)
  DATABASE_POOL_SIZE = 10;

  @IsIn(['bcrypt', 'scrypt'])
  PASSWORD_ALGORITHM: 'bcrypt' | 'scrypt' = 'bcrypt';

  /** 2^cost rounds; 12 is about 250 ms on a server core. */
  @EnvInt(10, 16)
  BCRYPT_COST = 12;
}

/** What seed-admin reads besides. */
export class SeedConfig extends UsersConfig {
  @EmailAddress()
  ADMIN_EMAIL: string;

  @IsString()
  @IsNotEmpty()
  ADMIN_PASSWORD: string;
}

export type FieldKeys = Pick<UsersConfig, 'FIELD_KEY' | 'BLIND_INDEX_KEY'>;
