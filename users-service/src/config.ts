import { EnvInt, GrpcServiceConfig, loadConfig } from '@shop/service-kit';
import { IsIn, IsNotEmpty, IsString } from 'class-validator';

export class UsersConfig extends GrpcServiceConfig {
  @IsString()
  @IsNotEmpty()
  DATABASE_URL: string;

  @EnvInt(1, 100)
  DATABASE_POOL_SIZE = 10;

  @IsIn(['bcrypt', 'scrypt'])
  PASSWORD_ALGORITHM: 'bcrypt' | 'scrypt' = 'bcrypt';

  /** 2^cost rounds; 12 is about 250 ms on a server core. */
  @EnvInt(10, 16)
  BCRYPT_COST = 12;
}

export const readUsersConfig = (): Readonly<UsersConfig> => loadConfig(UsersConfig);
